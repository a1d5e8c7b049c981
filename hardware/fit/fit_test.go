package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"metronome/hardware"
	"metronome/profiles"
)

func h100(t testing.TB) *hardware.GPU {
	t.Helper()
	g, err := hardware.OpenGPU(profiles.FS, "h100-sxm")
	if err != nil {
		t.Fatal(err)
	}
	return &g
}

// gemmTable writes a table in which every product takes ratio(n, k, m) times its bound plus the floor.
func gemmTable(g *hardware.GPU, ratio func(n, k, m int) float64) string {
	var b strings.Builder
	b.WriteString("dtype,n,k,m,latency_ms\n")
	for n := 256; n <= 16384; n *= 2 {
		for k := 256; k <= 16384; k *= 2 {
			for m := 1; m <= 8192; m *= 2 {
				t := ratio(n, k, m) * (g.GEMMBound(m, n, k, hardware.BF16).Bound() + 2e-6)
				fmt.Fprintf(&b, "bfloat16,%d,%d,%d,%.6f\n", n, k, m, t*1e3)
			}
		}
	}
	return b.String()
}

func tables(gemm string) fstest.MapFS {
	return fstest.MapFS{"gemm.csv": {Data: []byte(gemm)}}
}

func TestTablesOfLowRankAreRecovered(t *testing.T) {
	g := h100(t)
	ratio := func(n, k, m int) float64 {
		return math.Exp(0.3 + 0.02*math.Log(float64(m))*math.Log(float64(n)/1000) + 0.05*math.Log(float64(k)))
	}
	k, err := Kernels(tables(gemmTable(g, ratio)), g)
	if err != nil {
		t.Fatal(err)
	}
	table := k.GEMM[hardware.BF16]
	if table.Fit.Median > 0.01 || table.Fit.P90 > 0.05 {
		t.Errorf("residuals %+v", table.Fit)
	}
	for _, m := range []int{1, 64, 4096} {
		got, want := table.Ratio([]int{1024, 4096}, []int{m}), ratio(1024, 4096, m)
		if math.Abs(got/want-1) > 0.02 {
			t.Errorf("ratio %.3f at m = %d, made with %.3f", got, m, want)
		}
	}
}

func TestJitterMovesHeldBackErrorsNotTheTable(t *testing.T) {
	g := h100(t)
	rng := rand.New(rand.NewPCG(1, 2))
	k, err := Kernels(tables(gemmTable(g, func(int, int, int) float64 { return 1.5 * math.Exp(0.05*rng.NormFloat64()) })), g)
	if err != nil {
		t.Fatal(err)
	}
	table := k.GEMM[hardware.BF16]
	if m := table.Fit.Median; m < 0.02 || m > 0.06 {
		t.Errorf("a jitter of 5 %% gives a median error of %v", m)
	}
	if got := table.Ratio([]int{2048, 2048}, []int{64}); math.Abs(got/1.5-1) > 0.06 {
		t.Errorf("ratio %v, made with 1.5", got)
	}
}

func TestProfilesSurviveTheFile(t *testing.T) {
	g := h100(t)
	var text strings.Builder
	text.WriteString("title = \"x\"\nsource = \"y\"\nmemory_gib = 80.0\nbandwidth_gbps = 3350.0\n[tflops]\nbf16 = 989.0\nfp8 = 1978.0\n" +
		"[link]\ngpus_per_node = 8\nintra_node_gbps = 450.0\ninter_node_gbps = 50.0\n")
	if err := Write(&text, g.Kernels); err != nil {
		t.Fatal(err)
	}
	again, err := hardware.OpenGPU(fstest.MapFS{"gpus/x.toml": {Data: []byte(text.String())}}, "x")
	if err != nil {
		t.Fatal(err)
	}
	var second strings.Builder
	if err := Write(&second, again.Kernels); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(text.String(), second.String()) {
		t.Error("the kernels change when they are written and read")
	}
}

func TestBadTablesGiveOneLineWithPlaceAndRemedy(t *testing.T) {
	g := h100(t)
	good := gemmTable(g, func(int, int, int) float64 { return 1.5 })
	lines := strings.SplitAfter(good, "\n")
	for name, bad := range map[string]struct{ text, word string }{
		"empty":    {"dtype,n,k,m,latency_ms\n", "no rows"},
		"column":   {strings.Replace(good, "latency_ms", "seconds", 1), `gemm.csv:1: no column "latency_ms"`},
		"word":     {good + "bfloat16,256,256,1,fast\n", `latency_ms: "fast"`},
		"negative": {good + "bfloat16,64,64,1,-0.1\n", `latency_ms: "-0.1"`},
		"infinite": {good + "bfloat16,64,64,1,inf\n", `latency_ms: "inf"`},
		"size":     {good + "bfloat16,0,64,1,0.1\n", `n: "0"`},
		"type":     {good + "fp64,64,64,1,0.1\n", `dtype: "fp64"`},
		"twice":    {good + lines[1], "gemm.csv:" + fmt.Sprint(len(lines)) + ": the same call as gemm.csv:2"},
		"seconds":  {gemmTable(g, func(int, int, int) float64 { return 0.0015 }), "must be in milliseconds"},
		"gaps":     {good + gappy(), "gaps: "},
		"fields":   {good + "bfloat16,1\n", "gemm.csv"},
		"binary":   {"\x00\x01\"", "gemm.csv"},
	} {
		_, err := Kernels(tables(bad.text), g)
		if err == nil || !strings.Contains(err.Error(), bad.word) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v (want %q)", name, err, bad.word)
		}
	}
	if _, err := Kernels(fstest.MapFS{}, g); err == nil || !strings.Contains(err.Error(), "gemm.csv") {
		t.Errorf("no table: %v", err)
	}
}

// gappy returns rows of many kernels that were measured at one size.
func gappy() string {
	var b strings.Builder
	for n := 100; n < 140; n++ {
		fmt.Fprintf(&b, "bfloat16,%d,4096,64,0.01\n", n)
	}
	return b.String()
}

func TestCollectivesKeepTheFasterKernel(t *testing.T) {
	g := h100(t)
	fsys := tables(gemmTable(g, func(int, int, int) float64 { return 1.5 }))
	fsys["custom_allreduce.csv"] = &fstest.MapFile{Data: []byte("num_gpus,bytes,latency_ms\n2,1024,0.004\n2,1048576,0.2\n")}
	fsys["nccl.csv"] = &fstest.MapFile{Data: []byte("op_name,nccl_dtype,num_gpus,bytes,latency_ms\nall_reduce,half,2,1024,0.01\nall_reduce,half,2,1048576,0.02\nalltoall,half,2,1024,0.01\nalltoall,half,2,2048,0.009\n")}
	k, err := Kernels(fsys, g)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(k.AllReduce, k.AllToAll); got != "[{2 [1024 1.048576e+06] [4 20]}] [{2 [1024 2048] [10 10]}]" {
		t.Error(got)
	}
}

func FuzzTables(f *testing.F) {
	f.Add("dtype,n,k,m,latency_ms\nbfloat16,1,2,3,0.1\nfp8,64,64,64,0.2\n")
	f.Add("n,k\n")
	g := h100(f)
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := Kernels(tables(text), g); err == nil && len(k.GEMM) == 0 {
			t.Error("no table and no error")
		}
	})
}
