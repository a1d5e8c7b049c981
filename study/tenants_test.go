package study

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"metronome/metrics"
	"metronome/profiles"
	"metronome/workloads"
)

// twoTenants is an experiment whose tenants build on [workload] and [slo].
const twoTenants = `
[workload]
requests = 60
warmup = "1s"
[workload.arrivals]
process = "gamma"
cv = 3.0
rate = 5.0
[workload.prompt]
distribution = "uniform"
min = 100
max = 900
[slo]
tbt = "20ms"
ttft = "2s"

[[tenant]]
name = "light"
[tenant.workload]
requests = 20
arrivals.rate = 1
[tenant.slo]
ttft_slack = "1s"
tbt = "80ms"

[[tenant]]
name = "heavy"
weight = 2.5
start = "3s"
[tenant.workload]
source = "azure-code-2023"
prompt = {distribution = "fixed", value = 512}
arrivals = {process = "closed-loop", users = 3}

[[tenant]]
name = "plain"
[tenant.workload]
`

// fileOf returns the path of a file with a text.
func fileOf(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	write(t, file, text)
	return file
}

func TestTenantsBuildOnTheTablesOfAll(t *testing.T) {
	e := plan(t, fileOf(t, "e.toml", twoTenants)).Experiment
	light, heavy, plain := e.Tenants[0], e.Tenants[1], e.Tenants[2]
	if a := light.Workload.Arrivals; a.Process != "gamma" || *a.CV != 3 || *a.Rate != 1 || *light.Workload.Requests != 20 {
		t.Errorf("the light tenant has arrivals %+v", a)
	}
	if w := heavy.Workload; w.Source != "azure-code-2023" || *w.Prompt.Value != 512 || w.Prompt.Min != nil || w.Arrivals.CV != nil || w.Arrivals.Rate != nil || *w.Requests != 60 {
		t.Errorf("the heavy tenant has the workload %+v", w)
	}
	if w := plain.Workload; w.Source != "azure-conv-2023" || *w.Prompt.Max != 900 || *w.Arrivals.Rate != 5 {
		t.Errorf("the plain tenant has the workload %+v", w)
	}
	if s := light.SLO; s.TBT != 80*time.Millisecond || s.TTFTSlack != time.Second || s.TTFT != 2*time.Second || plain.SLO.TBT != 20*time.Millisecond {
		t.Errorf("the SLOs are %+v and %+v", s, plain.SLO)
	}
	if *light.Weight != 1 || *heavy.Weight != 2.5 {
		t.Errorf("weights are %v and %v", *light.Weight, *heavy.Weight)
	}
}

func TestEffectiveTenantsReproduceTheRun(t *testing.T) {
	for _, settings := range [][]string{
		nil,
		{"scheduler.policy=vtc", "tenant.1.weight=3", "tenant.0.slo.tbt=40ms"},
		{"tenant.0.workload.sessions.turns=3", "scheduler.prefix_caching=true", "deployment.replicas=2"},
	} {
		p := plan(t, fileOf(t, "e.toml", twoTenants), settings...)
		text, err := p.File(".")
		if err != nil {
			t.Fatal(err)
		}
		q := plan(t, fileOf(t, "again.toml", string(text)))
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

// A tenant more leaves the requests of the others as they are.
func TestATenantMoreChangesNobodysRequests(t *testing.T) {
	requests := func(text string) map[string][]workloads.Request {
		source, err := plan(t, fileOf(t, "e.toml", text)).Workload.Source()
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]workloads.Request{}
		for r, ok := source.Next(); ok; r, ok = source.Next() {
			r.ID = 0
			all[r.Tenant] = append(all[r.Tenant], r)
		}
		return all
	}
	few, more := requests(twoTenants), requests(strings.Replace(twoTenants, "[[tenant]]", "[[tenant]]\nname = \"new\"\nworkload.arrivals.rate = 30\n[[tenant]]", 1))
	for name, own := range few {
		if diff := cmp.Diff(own, more[name]); diff != "" {
			t.Errorf("with one more tenant, %s sends others:\n%s", name, diff)
		}
	}
	if len(more["new"]) != 60 {
		t.Errorf("the new tenant sends %d requests", len(more["new"]))
	}
}

func TestFirstDeadlinesHaveTheSlackOfTheTenant(t *testing.T) {
	p := plan(t, fileOf(t, "e.toml", twoTenants))
	for tenant, slack := range map[string]time.Duration{"light": time.Second, "plain": 300 * time.Millisecond, "": 300 * time.Millisecond} {
		got := p.Reference.FirstDeadline(workloads.Request{PromptTokens: 700, Tenant: tenant}) - p.Reference.Prefill(700)
		if got != slack {
			t.Errorf("tenant %q has a slack of %v, want %v", tenant, got, slack)
		}
	}
	late := &deadlines{}
	if _, err := p.Run(context.Background(), late); err != nil {
		t.Fatal(err)
	}
	for _, c := range late.all {
		if want := c.Request.Arrival + p.Reference.FirstDeadline(c.Request); c.Deadline != want {
			t.Fatalf("a request of %q is due at %v, want %v", c.Request.Tenant, c.Deadline, want)
		}
	}
}

// Policies are told D_d of single requests only where it is not the same for all.
func TestTimesBetweenTokensAreThoseOfTheTenant(t *testing.T) {
	for file, want := range map[string]map[string]time.Duration{
		"": nil,
		"[slo]\ntbt = \"40ms\"\n[[tenant]]\nname = \"a\"\nworkload = {}\n[[tenant]]\nname = \"b\"\nworkload = {}":                     nil,
		"[slo]\ntbt = \"40ms\"\n[[tenant]]\nname = \"a\"\nworkload = {}\nslo.tbt = \"30ms\"\n":                                        nil,
		"[slo]\ntbt = \"40ms\"\n[[tenant]]\nname = \"a\"\nworkload = {}\n[[tenant]]\nname = \"b\"\nworkload = {}\nslo.tbt = \"70ms\"": {"a": 40, "b": 70, "": 40},
	} {
		gap := plan(t, fileOf(t, "e.toml", file)).Experiment.gaps()
		if (gap == nil) != (want == nil) {
			t.Fatalf("%q: single requests have their own D_d: %v", file, gap != nil)
		}
		for tenant, ms := range want {
			if got := gap(workloads.Request{Tenant: tenant}); got != ms*time.Millisecond {
				t.Errorf("%q: D_d of tenant %q is %v, want %d ms", file, tenant, got, ms)
			}
		}
	}
}

type deadlines struct{ all []metrics.Completion }

func (*deadlines) Iteration(*metrics.Iteration)     {}
func (d *deadlines) Finished(c *metrics.Completion) { d.all = append(d.all, *c) }

// A trace that names tenants gives their requests.
func TestTenantsOfATraceNeedNoWorkload(t *testing.T) {
	trace := fileOf(t, "trace.csv", "arrival_s,prompt_tokens,output_tokens,tenant\n0,100,20,gold\n0.1,100,20,free\n0.2,100,20,free\n")
	gold := "[workload]\ntrace = \"" + trace + "\"\n[[tenant]]\nname = \"gold\"\nslo.tbt = \"50ms\"\n"
	r, err := plan(t, fileOf(t, "e.toml", gold)).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"tenants.gold.requests": 1, "tenants.free.requests": 2, "tenants.gold.d_d_ms": 50} {
		if got, _ := r.Lookup(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	e, err := Open(fileOf(t, "e.toml", strings.Replace(gold, "gold", "silver", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Plan(Options{Profiles: profiles.FS}); err == nil || !strings.Contains(err.Error(), `e.toml:4: tenant.0.name: "silver" (must be a tenant of `) ||
		!strings.HasSuffix(err.Error(), ": free, gold)") {
		t.Errorf("a tenant that sends nothing: %v", err)
	}
}

// Every wrong table of tenants is told in one line, with its place.
func TestWrongTenantsAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"[[tenant]]\nweight = 1":                                                       `e.toml:1: tenant.0.name: missing (every tenant has one)`,
		"[[tenant]]\nname = 3":                                                         `e.toml:2: tenant.0.name: 3 (must be a string)`,
		"[tenant]\nname = \"a\"":                                                       `e.toml:1: tenant: a table (must be a list)`,
		"[[tenant]]\nname = \"a\"\ncolour = 1":                                         `e.toml:3: unknown key "tenant.0.colour" (tenant.0 takes name, slo, start, weight, workload)`,
		"[[tenant]]\nname = \"a\"\nworkload.rats = 1":                                  `e.toml:3: unknown key "tenant.0.workload.rats" (did you mean "workload.arrivals.rate"?)`,
		"[[tenant]]\nname = \"a\"\nweight = 0":                                         `e.toml:3: tenant.0.weight: 0 (must be a finite number above 0)`,
		"[[tenant]]\nname = \"a\"\nworkload = {}\nstart = \"-1s\"":                     `e.toml:4: tenant.0.start: -1s (must not be negative, and needs a [tenant.workload])`,
		"[[tenant]]\nname = \"a\"\n[[tenant]]\nname = \"a\"":                           `e.toml:4: tenant.1.name: "a" (must differ from those before)`,
		"[[tenant]]\nname = \"a\"":                                                     `e.toml:1: tenant.0: sends no request: [workload] names no tenants (must have a [tenant.workload])`,
		"[[tenant]]\nname = \"a\"\nworkload = {}\n[[tenant]]\nname=\"b\"":              `e.toml:4: tenant.1.workload: missing (either all tenants have one, if only an empty one, or none has and [workload] names them)`,
		"[[tenant]]\nname = \"a\"\nworkload.timeout = \"1s\"":                          `e.toml:3: tenant.0.workload.timeout: one holds for all tenants (must be written in [workload])`,
		"[[tenant]]\nname = \"a\"\nslo.index = \"no-reset\"":                           `e.toml:3: tenant.0.slo.index: "no-reset" (one holds for all tenants, which is "reset" in [slo])`,
		"[[tenant]]\nname = \"a\"\nslo.prefill = \"curve.csv\"":                        `e.toml:3: tenant.0.slo.prefill: one holds for all tenants (must be written in [slo])`,
		"[[tenant]]\nname = \"a\"\nslo.tbt = \"0s\"":                                   `e.toml:3: tenant.0.slo.tbt: 0s (must be above 0)`,
		"[[tenant]]\nname = \"a\"\nworkload.arrivals.rate = -1":                        `e.toml:3: tenant.0.workload.arrivals.rate: -1 (must be a finite number above 0)`,
		"workload.arrivals.rate = -1\n[[tenant]]\nname = \"a\"\nworkload.requests = 5": `e.toml:1: workload.arrivals.rate: -1 (must be a finite number above 0)`,
		"[[tenant]]\nname = \"a\"\nworkload.source = \"chat\"":                         `e.toml:3: tenant.0.workload.source: unknown workload "chat" (have `,
		"[[tenant]]\nname = \"a\"\nworkload.trace = \"none.csv\"":                      `e.toml:3: tenant.0.workload.trace: open `,
	} {
		e, err := Open(fileOf(t, "e.toml", text))
		if err == nil {
			_, err = e.Plan(Options{Profiles: profiles.FS})
		}
		if err == nil {
			t.Errorf("accepted:\n%s", text)
			continue
		}
		got := err.Error()
		got = got[max(0, strings.Index(got, "e.toml")):]
		if !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// A search for a capacity lets the requests of all tenants arrive faster or slower
// together: they keep their shares, and closed loops stay as they are.
func TestCapacityPacesAllTenantsTogether(t *testing.T) {
	p := plan(t, fileOf(t, "e.toml", twoTenants))
	if rate := p.meanRate(); rate != 6 {
		t.Errorf("the open tenants send %v requests per second, not 1 and 5", rate)
	}
	s := capacitySearch{experiment: p.rates(&p.Experiment), fixed: true, length: 100}
	e := s.paced(7, 60)
	if a, b := *e.Tenants[0].Workload.Arrivals.Rate, *e.Tenants[2].Workload.Arrivals.Rate; math.Abs(a-10) > 1e-9 || math.Abs(b-50) > 1e-9 {
		t.Errorf("at 60 per second tenants send %v and %v", a, b)
	}
	if a := e.Tenants[1].Workload.Arrivals; a.Rate != nil || *a.Users != 3 {
		t.Errorf("the closed loop is paced: %+v", a)
	}
	if *p.Experiment.Tenants[0].Workload.Arrivals.Rate != 1 {
		t.Error("pacing changes the experiment itself")
	}
}

// The capacity of two tenants that are one split in two is that of the one.
func TestCapacityOfATenantSplitInTwo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs many simulations")
	}
	lengths := "[workload.prompt]\ndistribution = \"fixed\"\nvalue = 1000\n[workload.output]\ndistribution = \"fixed\"\nvalue = 100\n"
	capacity := func(text string) float64 {
		e, err := Open(fileOf(t, "e.toml", text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Capacity(t.Context(), e, embedded, CapacityOptions{Seeds: 5})
		if err != nil {
			t.Fatal(err)
		}
		return r.Rate.Mean
	}
	one := capacity(lengths)
	two := capacity(lengths + "[[tenant]]\nname = \"a\"\nworkload.arrivals.rate = 2\n[[tenant]]\nname = \"b\"\nworkload.arrivals.rate = 3\n")
	if math.Abs(two/one-1) > 0.06 {
		t.Errorf("the capacity is %v, split among two tenants %v", one, two)
	}
}

func TestOnlyLikeTenantsAreCompared(t *testing.T) {
	file := fileOf(t, "e.toml", twoTenants)
	load := func(settings ...string) *Experiment {
		e, err := Open(file, settings...)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	same := []Contender{{Name: "A", Experiment: load()}, {Name: "B", Experiment: load("scheduler.policy=vtc")}}
	if _, err := Compare(t.Context(), same, embedded, CompareOptions{Seeds: 1}); err != nil {
		t.Error(err)
	}
	for setting, want := range map[string]string{
		"tenant.1.weight=7":     "B: tenant.1.weight: 7 (must be 2.5, as in A)",
		"tenant.0.slo.tbt=30ms": `B: tenant.0.slo.tbt: "30ms" (must be "80ms", as in A)`,
		"tenant.2.name=flat":    `B: tenant.2.name: "flat" (must be "plain", as in A)`,
	} {
		other := []Contender{{Name: "A", Experiment: load()}, {Name: "B", Experiment: load(setting)}}
		if _, err := Compare(t.Context(), other, embedded, CompareOptions{Seeds: 1}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", setting, err, want)
		}
	}
}

// The experiment of the documentation shows what it is said to show.
func TestDocumentedClients(t *testing.T) {
	text, err := os.ReadFile("../docs/tenants.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```toml\n")
	block, _, _ := strings.Cut(rest, "```")
	file := fileOf(t, "clients.toml", block)
	wait := map[string]float64{}
	for _, policy := range []string{"vllm", "vtc"} {
		r, err := plan(t, file, "scheduler.policy="+policy).Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		wait[policy], _ = r.Lookup("tenants.light.ttft_p99_ms")
	}
	if wait["vllm"] < 60_000 || wait["vtc"] > 1500 {
		t.Errorf("the light client waits %v ms", wait)
	}
}
