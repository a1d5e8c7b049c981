package study

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallSizing is quick to search, and to search without any cleverness.
const smallSizing = `
seeds = 2
[set]
workload.requests = 300
workload.arrivals.rate = 40
[search]
tensor_parallel = [1, 2]
pipeline_parallel = [1]
policies = ["vllm", "sarathi"]
token_budgets = [1024]
[limits]
gpus = 16
[[gpu]]
name = "h100-sxm"
[[gpu]]
name = "a100-sxm"
[[gpu]]
name = "l40s"
price_per_hour = 0.9
`

func parseSizing(t testing.TB, text string) *Sizing {
	t.Helper()
	z, err := ParseSizing("size.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func size(t testing.TB, text string, workers int) *SizeResult {
	t.Helper()
	r, err := Size(t.Context(), parseSizing(t, text), embedded, SizeOptions{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSizeAgreesWithTryingEverything runs every variant of every layout with
// every number of replicas.
func TestSizeAgreesWithTryingEverything(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	for _, rate := range []string{"15", "60"} {
		text := strings.Replace(smallSizing, "rate = 40", "rate = "+rate, 1)
		r := size(t, text, 2)
		s, err := newSizeSearch(parseSizing(t, text), embedded, SizeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		candidates, _, err := s.sizing.candidates(s.experiment, s.options, s.rate, 0)
		if err != nil {
			t.Fatal(err)
		}
		var all []Sized
		for _, c := range candidates {
			for v := range c.variants {
				for n := 1; n <= c.most; n++ {
					ok, sized, err := s.holds(t.Context(), c, v, n)
					if err != nil {
						t.Fatal(err)
					}
					if ok {
						all = append(all, *sized)
					}
				}
			}
		}
		if len(all) == 0 {
			t.Fatalf("nothing holds %s requests per second", rate)
		}
		best := slices.MinFunc(all, cheaper)
		if r.Best == nil {
			t.Fatalf("rate %s: nothing was found, but %v holds", rate, best)
		}
		if diff := cmp.Diff(best, *r.Best); diff != "" {
			t.Errorf("rate %s: %s", rate, diff)
		}
	}
}

func TestTheFrontIsNotDominated(t *testing.T) {
	r := size(t, smallSizing, 2)
	if r.Best == nil || len(r.Front) == 0 || r.Front[0] != *r.Best {
		t.Fatalf("the front %+v does not begin with the best %+v", r.Front, r.Best)
	}
	for i := 1; i < len(r.Front); i++ {
		if a, b := r.Front[i-1], r.Front[i]; b.PricePerHour <= a.PricePerHour || b.TokenRate <= a.TokenRate {
			t.Errorf("%v and %v are both on the front", a, b)
		}
	}
	n := r.Count
	if n.Candidates != n.Unfit+n.Bounded+n.Slow+n.Beyond+n.Holding {
		t.Errorf("%+v does not add up", n)
	}
}

func TestSizeDoesNotDependOnTheNumberOfWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	a, b := size(t, smallSizing, 1).JSON("", 1), size(t, smallSizing, 4).JSON("", 1)
	if string(a) != string(b) {
		t.Error(cmp.Diff(string(a), string(b)))
	}
}

func TestWhatCannotBeServedIsSaid(t *testing.T) {
	slow := size(t, smallSizing, 2)
	if slow.Best == nil {
		t.Fatal(slow.Answer())
	}
	none := size(t, strings.Replace(smallSizing, "gpus = 16", "price_per_hour = 0.1", 1), 2)
	if none.Best != nil || !strings.HasPrefix(none.Answer(), "None of 6 candidates holds 40 requests per second") {
		t.Error(none.Answer())
	}
}

// A policy that cannot decode what was prefilled elsewhere is tried whole, and does not
// take the others with it.
func TestVariantsThatCannotBeAreLeftOut(t *testing.T) {
	s := SearchSpace{Policies: []string{"fluid", "vllm"}, TokenBudgets: []int{2048}, Routers: []string{""}, Disaggregated: []bool{false, true}}
	want := []Variant{{"fluid", 2048, "", false}, {"vllm", 2048, "", false}, {"vllm", 2048, "", true}}
	if got := s.variants(); !slices.Equal(got, want) {
		t.Errorf("variants %v, want %v", got, want)
	}
	cached := strings.Replace(smallSizing, "[set]", "[set]\nscheduler.prefix_caching = true", 1)
	if strings.Count(cached, "prefix_caching") != 1 || !strings.Contains(cached, `policies = ["vllm"`) {
		t.Fatal(cached)
	}
	mixed := strings.Replace(cached, `policies = ["vllm"`, `policies = ["static", "vllm"`, 1) // static has no prefix cache
	if r := size(t, mixed, 2); r.Best == nil || r.Best.Policy == "static" {
		t.Error(r.Answer())
	}
	none := size(t, "seeds = 1\n[[gpu]]\nname = \"h100-sxm\"\n[search]\ntensor_parallel = [3]\npipeline_parallel = [1]\n", 1)
	if !strings.Contains(none.Answer(), "1 do not fit (deployment.tensor_parallel: 3 (must divide the 32 heads") {
		t.Error(none.Answer())
	}
}

func TestWrongSizingsAreRefusedInOneLine(t *testing.T) {
	gpu := "[[gpu]]\nname = \"h100-sxm\"\n"
	for text, want := range map[string]string{
		"":                                       "gpu: none",
		"[[gpu]]\nprice_per_hour = 3\n":          "must have a name",
		gpu + "price_per_hour = -3\n":            "no figure below 0",
		gpu + "[search]\ntensor_parallel = []\n": "search: an empty list",
		gpu + "[search]\ntensor_parallel = [0]\n":                          "search: 0 (must be 1 or more)",
		gpu + "[serch]\n":                                                  `unknown key "serch"`,
		gpu + "[limits]\nprice = 3\n":                                      `unknown key "limits.price"`,
		gpu + "[set]\ndeployment.gpu = \"l40s\"\n":                         "deployment.gpu: is what is sought",
		gpu + "[set]\nworkload.rats = 3\n":                                 "unknown key \"workload.rats\"",
		gpu + "[set]\nworkload.requests = \"many\"\n":                      "workload.requests: \"many\"",
		"seeds = 0\n" + gpu:                                                "seeds: 0",
		gpu + "[search]\nrouters = [\"leest\"]\n":                          `size.toml:4: search.routers: unknown router "leest" (have `,
		gpu + "[search]\nrouters = [\"ucb1\"]\n":                           `search.routers: "ucb1" (must not choose between models`,
		gpu + "[search]\npolicies = [\"srtf\"]\n":                          `size.toml:4: search.policies: unknown policy "srtf" (have `,
		gpu + "[search]\npolicies = [\"fluid\"]\ndisaggregated = [true]\n": "search.disaggregated: [true] (must be false for fluid, which serve no decode pool)",
		gpu + "[set]\ndeployment.scaling.max = 3\n":                        "deployment.scaling: changes the number that is sought",
		"experiment = \"nowhere.toml\"\n" + gpu:                            "nowhere.toml: no such file",
	} {
		_, err := ParseSizing("size.toml", text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v (must say %q)", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"[[gpu]]\nname = \"h1000\"\n": "unknown gpu \"h1000\"",
		"[[gpu]]\nname = \"mi300x\"\n[set]\nworkload.arrivals.process = \"closed-loop\"\nworkload.arrivals.users = 2\n": "closed-loop",
	} {
		z := parseSizing(t, text)
		if _, err := Size(t.Context(), z, embedded, SizeOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v (must say %q)", text, err, want)
		}
	}
}
