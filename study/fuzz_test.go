package study

import (
	"os"
	"testing"
)

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// oneLineOrFine checks that an error can be shown as it is.
func oneLineOrFine(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && (err.Error() == "" || len(err.Error()) > 1<<16) {
		t.Fatalf("error %q", err)
	}
	return err == nil
}

func FuzzExperiment(f *testing.F) {
	for _, text := range []string{
		"", "seed = 1", "[workload]\nrats = 1\n", "[slo]\ntbt = 25\n", "[workload]\nwindow = [\"1s\", 2]\n",
		"[scheduler]\npolicy = \"sarathi\"\nchunked = false\n", "workload.arrivals = {rate = nan}", "[[workload]]",
		"\ufeffseed = 1\r\n", "[slo]\nprefill = [[1, \"1ms\"], [2, \"2ms\"]]\n", "[slo.reference]\ngpu = 3\n",
		"[deployment]\nmodel = 1979-05-27\n",
		"[[tenant]]\nname = \"a\"\nweight = 2\n[tenant.workload]\narrivals.rate = 3\n[tenant.slo]\ntbt = \"9ms\"\n",
		"tenant = [{name = \"a\", workload = {trace = \"x\"}}, 3]\n", "[tenant]\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDraft("experiment.toml", text)
		if !oneLineOrFine(t, err) {
			return
		}
		e, err := d.Experiment()
		if oneLineOrFine(t, err) && e.validate() != nil {
			t.Fatalf("accepted, though it is not valid: %v", e.validate())
		}
	})
}

func FuzzSet(f *testing.F) {
	for _, s := range []string{
		"seed=2", "workload.rats=3", "slo.tbt=\"25ms\"", "workload.arrivals.rate=inf", "workload.prompt={distribution=\"fixed\",value=3}",
		"workload.prompt.distribution=fixed", "slo=1", "scheduler.policy=sarathi", "scheduler.chunked=1", "workload.window=[\"1s\",\"2s\"]",
		"tenant.0.name=a", "tenant=[{name=\"a\",workload={}}]", "tenant.0.slo.index=reset",
		"slo.prefill=[[1,\"1ms\"]]", "=", "a.b.c=1", "seed.x=1",
	} {
		f.Add(s, "seed=1")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		d, err := ParseDraft("", "")
		if err != nil {
			t.Fatal(err)
		}
		if oneLineOrFine(t, d.Set(first)) && oneLineOrFine(t, d.Set(second)) {
			_, err = d.Experiment()
			oneLineOrFine(t, err)
		}
	})
}

func FuzzFromVLLM(f *testing.F) {
	for _, s := range []string{
		"vllm serve meta-llama/Llama-3.1-8B-Instruct -tp 2", "vllm serve --model llama-3.1-8b --max-model-len=8K",
		"A=b vllm serve 'x y' \\\n --dtype half", "vllm serve", "vllm serve llama-2-7b --max-num-seqs", "vllm serve llama-2-7b -q awq -tp=0",
	} {
		f.Add(s)
	}
	models := []string{"llama-2-7b", "llama-3.1-8b"}
	f.Fuzz(func(t *testing.T, command string) {
		d, err := ParseDraft("", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.FromVLLM(command, models); oneLineOrFine(t, err) {
			_, err = d.Experiment()
			oneLineOrFine(t, err)
		}
	})
}
