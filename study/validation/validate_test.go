package validation

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"metronome/hardware"
	"metronome/profiles"
)

// recorded returns the folder that an engine with the given constants would
// leave: experiments of three models, at two loads each.
func recorded(t *testing.T, at []float64) fstest.MapFS {
	t.Helper()
	rows := "exp_id,model,gpu,tp,stages,input_nominal,output_tokens,max_num_seqs,max_num_batched_tokens,prefix_caching,unique_prompts,engine,engine_version\n"
	for i, model := range []string{"meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "meta-llama/Llama-2-7b-hf", "Qwen/Qwen2.5-7B-Instruct"} {
		rows += fmt.Sprintf("x%d,%s,H100-SXM-80GB,%d,\"[[%d, 20], [%d, 20]]\",%d,150,128,2048,True,20,vLLM,0.15.1\n", i, model, 1, 4+2*i, 40-5*i, 400+300*i)
	}
	files := fstest.MapFS{"experiments.csv": {Data: []byte(rows)}}
	folder := Open(files, "")
	s := &Simulator{Profiles: profiles.FS, Seed: 1, Engine: setting(at)}
	var lines strings.Builder
	lines.WriteString("exp_id,stage,metric,stat,value_ms,source\n")
	for i := range folder.Experiments {
		x := &folder.Experiments[i]
		trial, err := s.experiment(x, folder.rig(x), nil, folder.promptTokens(x))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trial.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for stage := wholeRun; stage < len(x.Stages); stage++ {
			l := newSpan(trial.requests, stage).Simulated
			fmt.Fprintf(&lines, "%s,%d,e2e,mean,%.6f,reported\n%s,%d,ttft,mean,%.6f,reported\n", x.ID, stage, l.E2E.Mean, x.ID, stage, l.TTFT.Mean)
		}
	}
	files["aggregates.csv"] = &fstest.MapFile{Data: []byte(lines.String())}
	return files
}

// values returns the constants of an engine.
func values(e hardware.Engine) (v []float64) {
	for _, c := range constants {
		v = append(v, *c.of(&e))
	}
	return v
}

func TestWhatWasRecordedFromASimulationIsPredictedExactly(t *testing.T) {
	at := values(engineOf(t))
	r, err := Open(recorded(t, at), "").Validate(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, 2)
	if err != nil || len(r.Faults) > 0 {
		t.Fatal(err, r.Faults)
	}
	for _, metric := range []string{"e2e_mean", "ttft_mean", "tpot"} {
		if p := r.MAPE(All)[metric]; p.N != 4 || p.Mean > 1e-3 {
			t.Errorf("%s is off by %.5f %% over %d runs", metric, p.Mean, p.N)
		}
	}
}

// Constants trade with each other where few experiments tell them apart, but not
// what they predict.
func TestFitPredictsWhatConstantsItDoesNotKnowHaveMade(t *testing.T) {
	at := values(engineOf(t))
	for i, c := range constants {
		if !c.host { // the engine plans ahead
			at[i] += 2.5 * c.nudge
		}
	}
	folder := Open(recorded(t, at), "")
	s := &Simulator{Profiles: profiles.FS, Seed: 1}
	before, err := folder.Validate(context.Background(), s, 2)
	if err != nil {
		t.Fatal(err)
	}
	fit, err := folder.FitEngine(context.Background(), s, "vllm-0.15", 2)
	if err != nil {
		t.Fatal(err)
	}
	for metric, least := range map[string]float64{"e2e_mean": 3, "ttft_mean": 10} {
		if p := before.MAPE(All)[metric]; p.Mean < least {
			t.Errorf("before the fit, %s is off by %.2f %% only", metric, p.Mean)
		}
		if p := fit.InSample[metric]; p.N != 4 || p.Mean > 0.1*least {
			t.Errorf("%s is off by %.2f %% over %d runs", metric, p.Mean, p.N)
		}
		if p := fit.LeftOut[metric]; p.N != 4 || p.Mean > 0.3*least {
			t.Errorf("%s is off by %.2f %% over %d runs that the fit has not seen", metric, p.Mean, p.N)
		}
	}
}

func TestFaultyPartsAreCountedAndTheRestIsValidated(t *testing.T) {
	files := recorded(t, values(engineOf(t)))
	rows := string(files["experiments.csv"].Data)
	rows = strings.Replace(rows, "Qwen/Qwen2.5-7B-Instruct,H100-SXM-80GB", "Qwen/Qwen2.5-7B-Instruct,TPU", 1)
	files["experiments.csv"] = &fstest.MapFile{Data: []byte(rows + "bad row\n")}
	files["peers.csv"] = &fstest.MapFile{Data: []byte("nothing\n")}
	r, err := Open(files, "").Validate(context.Background(), &Simulator{Profiles: profiles.FS, Seed: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(r.Faults)
	for _, want := range []string{`gpu: unknown "TPU"`, "experiments.csv:", `peers.csv:1: no column "exp_id"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not tell of %q", text, want)
		}
	}
	if n := r.MAPE(All)["e2e_mean"].N; n != 3 {
		t.Errorf("%d runs were validated, want 3", n)
	}
}

func TestTruthIsTheMostTrustedSource(t *testing.T) {
	files := fstest.MapFS{"aggregates.csv": {Data: []byte(`exp_id,stage,metric,stat,value_ms,source
a,-1,e2e,mean,3,reported
a,-1,e2e,mean,1,computed_all
a,-1,e2e,mean,2,reported_by_peers
a,-1,e2e,mean,9,computed_warm
a,-1,ttft,mean,0.1,reported
a,-1,tpot_retok,mean,7,reported
`)}}
	all, warm, err := readFigures(files, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	x := &Experiment{ID: "a", OutputTokens: 10}
	if f, _ := all.lookup(x, wholeRun, "e2e", "mean"); f != (figure{1, "computed_all"}) {
		t.Error(f)
	}
	if f, _ := warm.lookup(x, wholeRun, "e2e", "mean"); f.value != 9 {
		t.Error(f)
	}
	if f, _ := all.tpot(x, wholeRun); math.Abs(f.value-0.1) > 1e-12 {
		t.Errorf("TPOT %v, want (1 − 0.1) / 9", f)
	}
}

func TestFailedRequestsAreCountedAndLeftOutOfLatencies(t *testing.T) {
	all := []request{
		{ttft: time.Second, e2e: 3 * time.Second, outputTokens: 3},
		{arrival: time.Second, failed: true, outputTokens: 3},
	}
	span := newSpan(all, wholeRun)
	if span.Failed != 1 || span.Requests != 2 || span.Simulated.E2E.Mean != 3000 || span.Simulated.TPOT.Mean != 1000 {
		t.Errorf("%+v", span)
	}
	if math.Abs(span.Rate-1.0/3) > 1e-9 {
		t.Errorf("%v requests per second, want a third", span.Rate)
	}
}

func engineOf(t *testing.T) hardware.Engine {
	t.Helper()
	e, err := hardware.OpenEngine(profiles.FS, "vllm-0.15")
	if err != nil {
		t.Fatal(err)
	}
	return e
}
