package study

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"metronome/metrics"
	"metronome/profiles"
	"metronome/scheduler"
	"metronome/workloads"
)

// plan opens an experiment and works it out.
func plan(t testing.TB, file string, settings ...string) *Plan {
	t.Helper()
	e, err := Open(file, settings...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(Options{Profiles: profiles.FS})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// report runs a plan and returns its report as JSON.
func report(t testing.TB, p *Plan) string {
	t.Helper()
	r, err := p.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return string(r.JSON())
}

// experiments is a variety of settings that must all run.
var experiments = [][]string{
	nil,
	{"seed=9", "deployment.replicas=3", "scheduler.policy=sarathi", "scheduler.hybrid=false"},
	{"scheduler.policy=lightllm", "scheduler.decode_run=3", "workload.source=sharegpt-8k"},
	{"scheduler.policy=orca", "scheduler.max_output_tokens=300"},
	{"workload.arrivals.process=closed-loop", "workload.arrivals.users=7", "workload.arrivals.think=2s"},
	{"workload.arrivals.process=gamma", "workload.arrivals.cv=3", "workload.max_in_flight=5", "workload.warmup=4s"},
	{"workload.sessions.turns=4", "workload.sessions.think=2s", "workload.system_prompt.tokens=300", "scheduler.prefix_caching=true"},
	{"deployment.pipeline_parallel=2", "scheduler.async=true", "workload.timeout=3s"},
	{"workload.prompt.distribution=zipf", "workload.prompt.exponent=1.5", "workload.prompt.max=4000", "workload.output.distribution=fixed", "workload.output.value=33"},
	{`slo.reference={gpu="a100-sxm",model="llama-2-7b"}`, "slo.fluidity=0.95", "slo.index=no-reset", "slo.ttft=1s"},
	{`slo.prefill=[[100,"3ms"],[4000,"80ms"]]`, "deployment.max_model_len=4096", "deployment.kv_blocks=2000", "scheduler.prefix_caching=true"},
	// Pools of which the first has what the others have not.
	{"workload.system_prompt.tokens=300", "pool.0.name=a", "pool.0.scheduler.prefix_caching=true", "pool.0.kv_offload_gib=4", "pool.0.kv_blocks=600",
		"pool.0.scaling.max=3", "pool.1.name=b", "pool.1.scheduler.policy=static", "pool.1.replicas=2"},
	{"pool.0.name=a", "pool.0.role=decode", "pool.0.pipeline_parallel=2", "pool.1.name=b", "pool.1.role=prefill", "pool.1.scheduler.policy=fluid",
		"pool.1.replicas=2", "handover.min_prompt=200", "faults.mtbf=20s", "faults.repair=3s", "admission.rate=20"},
	{"workload.classes={a=1,b=2}", "router.policy=ucb1", "router.price_weight=0.2", "pool.0.name=a", "pool.0.quality={a=0.5,other=0.4}",
		"pool.1.name=b", "pool.1.quality=0.7", "pool.1.gpu=a100-sxm", "router.staleness=200ms"},
}

func TestEffectiveExperimentReproducesTheRun(t *testing.T) {
	for _, settings := range experiments {
		p := plan(t, "", append(settings, "workload.requests=120")...)
		text, err := p.File(".")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "experiment.toml")
		write(t, file, string(text))
		q := plan(t, file)
		again, err := q.File(".")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), string(again)); diff != "" {
			t.Errorf("%v: the effective experiment of the effective experiment differs:\n%s", settings, diff)
		}
		if diff := cmp.Diff(report(t, p), report(t, q)); diff != "" {
			t.Errorf("%v: the effective experiment gives another run:\n%s", settings, diff)
		}
	}
}

func TestAPlanRunsAnyNumberOfTimesAlike(t *testing.T) {
	for _, settings := range experiments {
		p := plan(t, "", append(settings, "workload.requests=120")...)
		if first, second := report(t, p), report(t, p); first != second {
			t.Errorf("%v: %s", settings, cmp.Diff(first, second))
		}
	}
}

func TestWatchersDoNotChangeTheReport(t *testing.T) {
	p := plan(t, "", "workload.requests=50")
	var b bytes.Buffer
	r, err := p.Run(context.Background(), metrics.NewRequestWriter(&b, p.Experiment.SLO))
	if err != nil {
		t.Fatal(err)
	}
	if alone := report(t, p); string(r.JSON()) != alone {
		t.Error(cmp.Diff(string(r.JSON()), alone))
	}
}

func TestEveryPolicyServesEveryRequest(t *testing.T) {
	for _, k := range scheduler.Kinds() {
		p := plan(t, "", "workload.requests=100", "scheduler.policy="+k.Name)
		r, err := p.Run(context.Background())
		if err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		if n, _ := r.Lookup("requests.finished"); n != 100 {
			t.Errorf("%s finished %v requests of 100", k.Name, n)
		}
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := plan(t, "").Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
}

func TestModelLengthIsLoweredToWhatTheCacheHolds(t *testing.T) {
	p := plan(t, "", "deployment.kv_blocks=1000")
	if got := *p.Experiment.Deployment.MaxModelLen; got != 16_000 {
		t.Errorf("max_model_len is %d with 1000 blocks of 16 tokens", got)
	}
	p = plan(t, "", "deployment.kv_blocks=1000", "deployment.max_model_len=20000")
	if got := *p.Experiment.Deployment.MaxModelLen; got != 20_000 {
		t.Errorf("max_model_len is %d where 20000 was asked for", got)
	}
}

func TestReplyBoundIsTheLeastPowerOfTwoThatHoldsTheLongest(t *testing.T) {
	for length, bound := range map[string]int{"1": 1, "2": 2, "3": 4, "64": 64, "65": 128} {
		p := plan(t, "", "workload.output.distribution=fixed", "workload.output.value="+length)
		if got := *p.Experiment.Scheduler.MaxOutputTokens; got != bound {
			t.Errorf("replies of %s tokens are bounded by %d, not %d", length, got, bound)
		}
	}
}

func TestDeadlinesFollowTheReferenceAndNotThePolicy(t *testing.T) {
	reference := `slo.reference={gpu="h100-sxm",model="llama-3.1-8b",token_budget=512}`
	a := plan(t, "", reference)
	b := plan(t, "", reference, "scheduler.policy=sarathi", "deployment.gpu=a100-sxm", "deployment.replicas=2")
	for _, n := range []int{1, 128, 1024, 8192, 1 << 20} {
		q := workloads.Request{PromptTokens: n}
		if x, y := a.Reference.FirstDeadline(q), b.Reference.FirstDeadline(q); x != y {
			t.Errorf("a prompt of %d tokens is due after %v and %v", n, x, y)
		}
	}
	if d := a.Reference.FirstDeadline(workloads.Request{PromptTokens: 128}) - a.Reference.Prefill(128); d != a.Experiment.SLO.TTFTSlack {
		t.Errorf("the slack is %v", d)
	}
}

func TestEveryKeyIsDecoded(t *testing.T) {
	for _, key := range allKeys("", reflect.TypeFor[Experiment]()) {
		if _, err := typeOf(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// A pool that takes no prompts sets no deadline of first tokens, nor does a short context
// of the first pool bound the prompts of others.
func TestDeadlinesAreThoseOfTheFirstPoolThatTakesPrompts(t *testing.T) {
	const pools = "[workload]\nrequests = 5\n[[pool]]\nname = \"b\"\nrole = \"decode\"\ngpu = \"l40s\"\n[[pool]]\nname = \"a\"\nrole = \"prefill\"\n"
	apart, whole := plan(t, fileOf(t, "e.toml", pools)), plan(t, fileOf(t, "e.toml", "[workload]\nrequests = 5\n"))
	if got, want := apart.Reference.Prefill(4000), whole.Reference.Prefill(4000); got != want {
		t.Errorf("P of 4000 tokens is %v, want %v of the prefill pool", got, want)
	}
	short := plan(t, fileOf(t, "e.toml", "[workload]\nrequests = 5\n[[pool]]\nname = \"a\"\nmax_model_len = 10000\n[[pool]]\nname = \"b\"\n"))
	if got, want := short.Reference.Prefill(20_000), whole.Reference.Prefill(20_000); got != want {
		t.Errorf("P of 20000 tokens is %v, want %v", got, want)
	}
}
