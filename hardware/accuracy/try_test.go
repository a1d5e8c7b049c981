package accuracy

import (
	"compress/gzip"
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

func TestRecorded(t *testing.T) {
	for _, x := range read(t, "experiments.csv") {
		if x["family"] != "blis-per-request" {
			continue
		}
		tp := int(num(x["tp"]))
		model := map[string]string{"meta-llama/Llama-2-7b-hf": "llama-2-7b", "meta-llama/Llama-2-70b-hf": "llama-2-70b", "mistralai/Mixtral-8x7B-v0.1": "mixtral-8x7b"}[x["model"]]
		d, err := hardware.Open(profiles.FS, hardware.Spec{GPU: "h100-sxm", Model: model, TensorParallel: &tp})
		if err != nil {
			t.Fatal(err)
		}
		cost, _ := d.CostModel()
		rows := readGz(t, x["request_file"])
		type ev struct {
			t float64
			n int
		}
		var evs []ev
		for _, r := range rows {
			if r["error"] == "1" || r["ttft_s"] == "" {
				continue
			}
			a, f, e := num(r["arrival_s"]), num(r["ttft_s"]), num(r["e2e_s"])
			evs = append(evs, ev{a + f, 1}, ev{a + e, -1})
		}
		sort.Slice(evs, func(i, j int) bool { return evs[i].t < evs[j].t })
		// integral of running
		var ts, is []float64
		n, acc, last := 0, 0.0, evs[0].t
		for _, e := range evs {
			acc += float64(n) * (e.t - last)
			last = e.t
			n += e.n
			ts = append(ts, e.t)
			is = append(is, acc)
		}
		at := func(t float64) float64 { i := sort.SearchFloat64s(ts, t); return is[min(i, len(is)-1)] }
		var got, want, run, es []float64
		var ttfts []float64
		for _, r := range rows[100:] {
			if r["error"] == "1" || r["ttft_s"] == "" {
				continue
			}
			a, f, e := num(r["arrival_s"]), num(r["ttft_s"]), num(r["e2e_s"])
			mean := (at(a+e) - at(a+f)) / (e - f)
			out := num(r["output_tokens"])
			ctx := num(r["input_tokens"]) + out/2
			g := cost.IterationTime(hardware.Shape{Decodes: int(mean + .5), DecodeContext: int(mean * ctx)}).Seconds() * 1e3
			w := (e - f) / (out - 1) * 1e3
			got, want, run, es = append(got, g), append(want, w), append(run, mean), append(es, math.Abs(g/w-1))
			ttfts = append(ttfts, f*1e3)
		}
		sort.Float64s(es)
		sort.Float64s(ttfts)
		fmt.Printf("%s median err %.1f%%  ttft p1 %.1f p50 %.1f\n", x["exp_id"], es[len(es)/2]*100, ttfts[len(ttfts)/100], ttfts[len(ttfts)/2])
		byRun := map[int][3]float64{}
		for i := range got {
			b := int(run[i]) / 8
			v := byRun[b]
			byRun[b] = [3]float64{v[0] + got[i], v[1] + want[i], v[2] + 1}
		}
		for b := range 20 {
			if v := byRun[b]; v[2] > 20 {
				fmt.Printf("   running %d: got %.2f want %.2f (%.0f) diff %.2f\n", b*8+4, v[0]/v[2], v[1]/v[2], v[2], (v[1]-v[0])/v[2])
			}
		}
	}
}

func readGz(t *testing.T, name string) []map[string]string {
	f, err := os.Open("../../../shared/data/validation/" + name)
	if err != nil {
		t.Skip(err)
	}
	z, _ := gzip.NewReader(f)
	rows, err := csv.NewReader(z).ReadAll()
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

func TestWhole(t *testing.T) {
	errs := map[string][]float64{}
	seen := map[string]bool{}
	for _, r := range read(t, "steptime/splitwise/perf_model.csv") {
		gpu := map[string]string{"a100-80gb": "a100-sxm", "h100-80gb": "h100-sxm"}[r["hardware"]]
		if gpu == "" || r["model"] != "llama2-70b" {
			continue
		}
		tp := int(num(r["tensor_parallel"]))
		d, err := hardware.Open(profiles.FS, hardware.Spec{GPU: gpu, Model: "llama-2-70b", TensorParallel: &tp, Engine: "splitwise-" + gpu[:4]})
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
	d, _ := hardware.Open(profiles.FS, hardware.Spec{GPU: "a100-pcie", Model: "yi-34b", TensorParallel: &tp, Engine: "sarathi"})
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
