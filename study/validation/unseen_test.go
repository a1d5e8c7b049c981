package validation

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"metronome/profiles"
)

// base is a row of experiments.csv by column, of which tests change some.
var base = map[string]string{
	"model": "meta-llama/Llama-3.1-8B-Instruct", "gpu": "H100-SXM-80GB", "tp": "1", "stages": "[[12, 20]]", "input_nominal": "600", "output_tokens": "120",
	"engine": "vLLM", "engine_version": "0.15.1", "max_num_seqs": "128", "max_num_batched_tokens": "2048", "unique_prompts": "40", "prefix_caching": "True",
}

// simulated returns what an experiment does with some columns changed; one that is
// changed to "-" is not there.
func simulated(t *testing.T, changes ...string) (Latencies, error) {
	t.Helper()
	columns, cells := []string{"exp_id"}, []string{"x"}
	row := map[string]string{}
	for column, cell := range base {
		row[column] = cell
	}
	for _, change := range changes {
		column, cell, _ := strings.Cut(change, "=")
		row[column] = cell
	}
	for column, cell := range row {
		if cell != "-" {
			columns, cells = append(columns, column), append(cells, cell)
		}
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	if err := w.WriteAll([][]string{columns, cells}); err != nil {
		t.Fatal(err)
	}
	f := Open(fstest.MapFS{"experiments.csv": {Data: []byte(text.String())}, "aggregates.csv": {Data: []byte("exp_id,stage,metric,stat,value_ms,source\nx,-1,e2e,mean,1000,reported\n")}}, "")
	r, err := f.Validate(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Faults) > 0 {
		return Latencies{}, fmt.Errorf("%v", r.Faults)
	}
	return r.Runs[0].Whole().Simulated, nil
}

// What a folder may hold beyond what was recorded so far: each change of an
// experiment moves its latencies as it must.
func TestUnseenSettingsMoveLatenciesAsTheyMust(t *testing.T) {
	const slower, faster, any = 1, -1, 0
	plain, err := simulated(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change string
		e2e    int
	}{
		{"enforce_eager=True", slower}, {"prefix_caching=False", slower}, {"gpu=A100-80GB", slower}, {"gpu=L40S", slower}, {"gpu=H200", faster},
		{"gpu=RTX-PRO-6000-96GB", slower}, {"gpu=NVIDIA GeForce RTX 4090", slower}, {"dtype=fp8", faster}, {"kv_dtype=fp8", faster}, {"kv_dtype=auto", any},
		{"tp=2", faster}, {"tp=4", faster}, {"pp=2", any}, {"dp=2", faster}, {"max_num_seqs=4", slower}, {"max_num_seqs=-", any},
		{"max_num_batched_tokens=64", any}, {"max_num_batched_tokens=-", any}, {"block_size=32", any}, {"kv_blocks_gpu=300", slower}, {"unique_prompts=-", slower},
		{"engine_version=0.6.3", any}, {"engine_version=0.21.0", any}, {"engine_version=1.2", any}, {"engine_version=-", any}, {"engine=vLLM V0 engine", slower},
		{"engine=sglang", any}, {"engine=-", any}, {"model=Qwen/Qwen3-14B", slower}, {"model=Qwen/Qwen3-30B-A3B-Instruct-2507", any},
		{"model=RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", faster}, {"max_model_len=1024", any}, {"chunked_prefill=False", any},
		{"cpu_kv_offload=8GiB", any}, {"stages=[[30, 20]]", slower}, {"output_tokens=1", faster},
	} {
		got, err := simulated(t, c.change)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.change, err)
		case got.E2E.Mean <= 0 || got.TTFT.Mean <= 0 || got.TTFT.Mean > got.E2E.Mean:
			t.Errorf("%s: %+v", c.change, got)
		case c.e2e == slower && got.E2E.Mean <= plain.E2E.Mean || c.e2e == faster && got.E2E.Mean >= plain.E2E.Mean:
			t.Errorf("%s: E2E is %.0f ms, %.0f without it", c.change, got.E2E.Mean, plain.E2E.Mean)
		}
	}
}

func TestExpertsAreSharedByRanksOfDataParallelism(t *testing.T) {
	moe := "model=mistralai/Mixtral-8x7B-v0.1"
	for _, changes := range [][]string{{moe, "tp=2"}, {moe, "dp=2"}, {moe, "dp=2", "ep=2"}, {moe, "tp=2", "dp=2", "ep=4"}, {moe, "tp=2", "pp=2"}} {
		if _, err := simulated(t, changes...); err != nil {
			t.Errorf("%v: %v", changes, err)
		}
	}
	if _, err := simulated(t, moe); err == nil || !strings.Contains(err.Error(), "tensor_parallel") {
		t.Errorf("93 GB of weights on one GPU: %v", err)
	}
}

func TestWhatNoProfileKnowsIsNamed(t *testing.T) {
	for change, want := range map[string]string{
		"gpu=TPU v5e": `gpu: unknown "TPU v5e"`, "model=someone/else-7b": `model: unknown "someone/else-7b"`, "tp=3": "tensor_parallel: 3",
		"pp=two": `pp: "two"`, "enforce_eager=perhaps": `enforce_eager: "perhaps"`, "ep=2": "expert_parallel: 2",
	} {
		if _, err := simulated(t, change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v (want %s)", change, err, want)
		}
	}
}

// recordings is the folder of recordings beside the repository.
func recordings(t *testing.T) fs.FS {
	t.Helper()
	const place = "../../../shared/data/validation"
	if _, err := os.Stat(place); err != nil {
		t.Skip("there are no recordings beside the repository")
	}
	return os.DirFS(place)
}

// Every recorded experiment runs on GPUs and with layouts that nobody recorded.
func TestRecordingsRunWithOtherSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates every recording several times")
	}
	files := recordings(t)
	for _, change := range []func(*Experiment){
		func(x *Experiment) { x.GPU, x.Blocks = "H200", 0 },
		func(x *Experiment) { x.GPU, x.Blocks = "B200", 0 },
		func(x *Experiment) { x.Pipeline, x.Blocks = 2, 0 },
		func(x *Experiment) { x.Data, x.Blocks = 2, 0 },
		func(x *Experiment) { x.Version, x.MaxSequences, x.TokenBudget = "0.8.5", 0, 0 },
		func(x *Experiment) { x.Eager, x.KVPrecision, x.Blocks = true, "fp8", 0 },
	} {
		f := Open(files, "")
		f.Points = nil
		for i := range f.Experiments {
			change(&f.Experiments[i])
		}
		r, err := f.Validate(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, 2)
		if err != nil || len(r.Faults) > 0 {
			t.Error(err, r.Faults)
		}
		for _, run := range r.Runs {
			if w := run.Whole(); w != nil && (w.Requests-w.Failed)*100 < w.Requests {
				t.Errorf("%s: %d of %d requests failed", run.Experiment.ID, w.Failed, w.Requests)
			}
		}
	}
}
