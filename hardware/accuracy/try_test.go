package accuracy

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

func read(t *testing.T, name string) []map[string]string {
	f, err := os.Open("../../../shared/data/validation/" + name)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range rows[0] {
			m[c] = r[i]
		}
		all = append(all, m)
	}
	return all
}

func num(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }

func TestClosed(t *testing.T) {
	errs := map[string][]float64{}
	for _, r := range read(t, "closed_loop/closed_loop.csv") {
		if r["engine"] != "vllm" || r["concurrency"] == "512" {
			continue
		}
		tp := int(num(r["tp"]))
		model := map[string]string{"meta-llama/Llama-3.1-70B": "llama-3.1-70b", "openai/gpt-oss-120b": "gpt-oss-120b", "Qwen/Qwen3-32B": "qwen3-32b"}[r["model"]]
		s := hardware.Spec{GPU: strings.ReplaceAll(r["gpu"], "_", "-"), Model: model, TensorParallel: &tp}
		switch {
		case r["source"] != "inferencex":
			s.Engine = "vllm-0.12"
		case model == "gpt-oss-120b":
			s.Engine = "vllm-0.18"
		default:
			s.Engine = "vllm-0.11"
		}
		if r["precision"] == "fp8" {
			s.Precision = "fp8"
		}
		if r["precision"] == "fp4" {
			s.Precision = "mxfp4"
		}
		if r["gpu"] == "h200_sxm" {
			s.KVPrecision = "fp8"
		}
		d, err := hardware.Open(profiles.FS, s)
		if err != nil {
			t.Fatal(err)
		}
		cost, _ := d.CostModel()
		blocks, err := d.KVBlocks(16)
		if err != nil {
			t.Fatal(err)
		}
		isl, osl, c := int(num(r["isl"])), int(num(r["osl"])), int(num(r["concurrency"]))
		rng := rand.New(rand.NewPCG(1, 2))
		length := func(n int) func(int) int {
			return func(int) int {
				if r["source"] == "inferencex" {
					return n*8/10 + rng.IntN(n/5+1)
				}
				return n
			}
		}
		l := closedLoop{cost, blocks * 16, 8192, c, 4 * c, length(isl), length(osl)}
		got, want := l.meanTPOT().Seconds()*1e3, num(r["tpot_ms_mean_or_median"])
		e := got/want - 1
		key := fmt.Sprintf("%s %s tp%d", r["gpu"], model, tp)
		errs[key] = append(errs[key], e)
		errs[r["gpu"]] = append(errs[r["gpu"]], e)
		fmt.Printf("%-34s %s %5d %5d c%-4d got %7.2f want %7.2f  %+.1f%%\n", key, r["engine_version"], isl, osl, c, got, want, e*100)
	}
	var keys []string
	for k := range errs {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		sum, bias := 0.0, 0.0
		for _, e := range errs[k] {
			sum += math.Abs(e)
			bias += e
		}
		n := float64(len(errs[k]))
		fmt.Printf("%-40s n %3.0f MAPE %.1f%% bias %+.1f%%\n", k, n, sum/n*100, bias/n*100)
	}
}

func TestWhole(t *testing.T) {
	errs := map[string][]float64{}
	seen := map[string]bool{}
	for _, r := range read(t, "steptime/splitwise/perf_model.csv") {
		gpu := map[string]string{"a100-80gb": "a100-sxm", "h100-80gb": "h100-sxm"}[r["hardware"]]
		if gpu == "" || r["model"] != "llama2-70b" {
			continue
		}
		tp := int(num(r["tensor_parallel"]))
		d, err := hardware.Open(profiles.FS, hardware.Spec{GPU: gpu, Model: "llama-2-70b", TensorParallel: &tp, Engine: "vllm-0.2"})
		if err != nil {
			t.Fatal(err)
		}
		cost, _ := d.CostModel()
		b, p, n := int(num(r["batch_size"])), int(num(r["prompt_size"])), int(num(r["token_size"]))
		var pre hardware.Shape
		for range b {
			pre.Chunk(p, 0)
		}
		dec := hardware.Shape{Decodes: b, DecodeContext: b * (p + n/2)}
		gp, gd := cost.IterationTime(pre).Seconds()*1e3, cost.IterationTime(dec).Seconds()*1e3
		ep, ed := gp/num(r["prompt_time"])-1, gd/num(r["token_time"])-1
		key := fmt.Sprintf("%s tp%d", gpu, tp)
		errs[key+" prefill"] = append(errs[key+" prefill"], ep)
		errs[key+" decode"] = append(errs[key+" decode"], ed)
		id := fmt.Sprint(key, b, p, n)
		if !seen[id] {
			fmt.Printf("%s b%d p%d n%d prefill %.1f want %.1f %+.0f%%  decode %.2f want %.2f %+.0f%%\n", key, b, p, n, gp, num(r["prompt_time"]), ep*100, gd, num(r["token_time"]), ed*100)
		}
		seen[id] = true
	}
	tp := 2
	d, _ := hardware.Open(profiles.FS, hardware.Spec{GPU: "a100-sxm", Model: "yi-34b", TensorParallel: &tp, Engine: "sarathi"})
	cost, _ := d.CostModel()
	for _, p := range [][2]float64{{128, 48}, {256, 121}, {512, 106}, {1024, 214}, {2048, 366}, {4096, 758}, {8192, 1863}, {16384, 4408}} {
		var s hardware.Shape
		s.Chunk(int(p[0]), 0)
		got := cost.IterationTime(s).Seconds() * 1e3
		fmt.Printf("yi prefill %v got %.1f want %.1f %+.0f%%\n", p[0], got, p[1], (got/p[1]-1)*100)
		errs["yi prefill"] = append(errs["yi prefill"], got/p[1]-1)
	}
	for _, p := range [][2]float64{{1, 46.8}, {2, 47.5}, {4, 48.8}, {8, 69.7}, {16, 77.3}, {32, 87.9}, {64, 127.8}, {128, 189.3}} {
		s := hardware.Shape{Decodes: int(p[0]), DecodeContext: int(p[0]) * 1024}
		got := cost.IterationTime(s).Seconds() * 1e3
		fmt.Printf("yi decode %v got %.1f want %.1f %+.0f%%\n", p[0], got, p[1], (got/p[1]-1)*100)
		errs["yi decode"] = append(errs["yi decode"], got/p[1]-1)
	}
	for k, e := range errs {
		a := make([]float64, len(e))
		for i := range e {
			a[i] = math.Abs(e[i])
		}
		sort.Float64s(a)
		fmt.Printf("%-30s n %d median %.1f%%\n", k, len(a), a[len(a)/2]*100)
	}
}
