package metrics

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"metronome/workloads"
)

// contract has the keys that every report has.
var contract = map[string][]string{
	"requests":   {"arrived", "finished", "rejected", "failed", "shed", "preemptions"},
	"fluidity":   {"index", "mean", "attainment", "p1", "no_reset_mean", "per_token_mean", "token_rate_per_s", "tpot_rate_per_s", "tail_tbt_rate_per_s", "d_d_ms", "ttft_slack_ms"},
	"latency":    {"ttft_ms", "tbt_ms", "tpot_ms", "e2e_ms", "scheduling_delay_ms", "normalized_ms_per_token"},
	"throughput": {"duration_s", "requests_per_s", "output_tokens_per_s"},
	"energy":     {"joules_per_output_token", "mean_power_w"},
	"cost":       {"per_hour", "per_million_output_tokens", "per_million_fluid_tokens"},
}

func TestReportHasTheKeysOfTheContract(t *testing.T) {
	for name, set := range map[string]*Set{
		"empty": New(Options{SLO: DefaultSLO()}),
		"one":   oneRequest(100 * time.Millisecond),
	} {
		var got map[string]any
		text := set.Report().JSON(Row{Name: "schema", Value: int64(1)}, Row{Name: "version", Value: "v"})
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, text)
		}
		if got["schema"] != 1.0 || got["version"] != "v" || !strings.HasPrefix(string(text), "{\n  \"schema\": 1,") {
			t.Errorf("%s: head is missing", name)
		}
		for group, keys := range contract {
			members, _ := got[group].(map[string]any)
			for _, key := range keys {
				value, ok := members[key]
				if !ok {
					t.Errorf("%s: %s.%s is missing", name, group, key)
				}
				if group != "latency" {
					continue
				}
				for _, stat := range []string{"mean", "p50", "p90", "p99"} {
					if _, ok := value.(map[string]any)[stat]; !ok {
						t.Errorf("%s: latency.%s.%s is missing", name, key, stat)
					}
				}
			}
		}
	}
}

// oneRequest has one reply of three tokens 20 ms apart, after a delay of a
// quarter of its TTFT.
func oneRequest(ttft time.Duration) *Set {
	set := New(Options{SLO: DefaultSLO(), Requests: 1, Pools: []Pool{{GPUs: 2}}})
	first := time.Second + ttft
	set.Iteration(&Iteration{StepGap: 20 * time.Millisecond, StepGaps: 2})
	set.Finished(&Completion{
		Request:  workloads.Request{Arrival: time.Second, PromptTokens: 50},
		Deadline: time.Second + 300*time.Millisecond,
		Admitted: time.Second + ttft/4, Finish: first + 40*time.Millisecond,
		Own:        []time.Duration{first, first + 20*time.Millisecond, first + 40*time.Millisecond},
		LongestGap: 20 * time.Millisecond,
	})
	return set
}

func TestOneRequestByHand(t *testing.T) {
	r := oneRequest(160 * time.Millisecond).Report()
	for key, want := range map[string]float64{
		"requests.arrived": 1, "requests.finished": 1,
		"latency.ttft_ms.mean": 160, "latency.ttft_ms.p99": 160, "latency.tbt_ms.p50": 20, "latency.tbt_ms.count": 2,
		"latency.tpot_ms.mean": 20, "latency.e2e_ms.max": 200, "latency.scheduling_delay_ms.mean": 40,
		"latency.normalized_ms_per_token.mean": 200.0 / 3, "latency.e2e_ms.sd": 0,
		"throughput.duration_s": 0.2, "throughput.requests_per_s": 5, "throughput.output_tokens_per_s": 15,
		"throughput.output_tokens_per_s_per_gpu": 7.5, "throughput.goodput_requests_per_s": 5,
		"fluidity.mean": 1, "fluidity.p1": 1, "fluidity.fluid_tokens": 3, "fluidity.attainment": 1, "fluidity.token_rate_per_s": 50,
		"fluidity.tpot_rate_per_s": 50, "fluidity.tail_tbt_rate_per_s": 50, "qoe.mean": 1,
		"smooth_goodput.tokens_per_s": 15, "fairness.tenants": 1, "fairness.jain_ttft": 1,
	} {
		if got, ok := r.Lookup(key); !ok || math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %v, %v; want %v", key, got, ok, want)
		}
	}
}

// TestAFailureFlattersNobody adds requests that were not served.
func TestAFailureFlattersNobody(t *testing.T) {
	set := oneRequest(100 * time.Millisecond)
	for o := Rejected; o <= Shed; o++ {
		set.Finished(&Completion{Outcome: o, Own: []time.Duration{5, 6}, LongestGap: 1, Deadline: 9})
	}
	r := set.Report()
	for key, want := range map[string]float64{
		"requests.arrived": 4, "requests.finished": 1, "requests.rejected": 1, "requests.failed": 1, "requests.shed": 1,
		"fluidity.mean": 0.25, "fluidity.no_reset_mean": 0.25, "fluidity.per_token_mean": 0.25, "fluidity.attainment": 0.25,
		"fluidity.unserved": 3, "fluidity.token_rate_per_s": 0, "throughput.goodput_share": 0.25, "qoe.mean": 0.25,
		"latency.ttft_ms.count": 1, "throughput.output_tokens": 3,
	} {
		if got, ok := r.Lookup(key); !ok || got != want {
			t.Errorf("%s is %v, %v; want %v", key, got, ok, want)
		}
	}
	if r.Holds() {
		t.Error("the SLO holds")
	}
}

func TestWarmupLeavesTablesAndKeepsCounts(t *testing.T) {
	options := Options{SLO: DefaultSLO(), Requests: 2, Warmup: 2 * time.Second}
	set := New(options)
	for _, arrival := range []time.Duration{time.Second, 2 * time.Second} {
		set.Finished(replyOf(arrival, arrival+100, []time.Duration{arrival + 50}, 1))
		set.Iteration(&Iteration{End: arrival, StepGap: 1, StepGaps: 3})
	}
	r := set.Report()
	for key, want := range map[string]float64{
		"requests.arrived": 2, "throughput.output_tokens": 2,
		"fluidity.scored": 1, "latency.ttft_ms.count": 1, "latency.tbt_ms.count": 3,
	} {
		if got, _ := r.Lookup(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

// TestChunkedDeliveryWarns has tokens made 60 ms apart for a target of 50 ms,
// which score better when twenty at a time are withheld.
func TestChunkedDeliveryWarns(t *testing.T) {
	slo := DefaultSLO()
	slo.TBT = 50 * time.Millisecond
	var means []float64
	for _, size := range []int{1, 20} {
		set := New(Options{SLO: slo, Requests: 1})
		times := make([]time.Duration, 200)
		for i := range times {
			made := min(len(times)-1, (i+size-1)/size*size)
			times[i] = time.Second + time.Duration(made)*60*time.Millisecond
		}
		set.Finished(replyOf(0, time.Second, times, 1))
		r := set.Report()
		mean, _ := r.Lookup("fluidity.mean")
		means = append(means, mean)
		noReset, _ := r.Lookup("fluidity.no_reset_mean")
		if noReset > 0.01 {
			t.Errorf("by %d: no-reset index %v", size, noReset)
		}
		if warned := len(r.Warnings) > 0; warned != (size > 1) {
			t.Errorf("by %d: warnings %q", size, r.Warnings)
		}
	}
	if means[0] > 0.01 || means[1] < 0.7 {
		t.Errorf("reset index %v", means)
	}
}

func TestAnswer(t *testing.T) {
	set := oneRequest(100 * time.Millisecond)
	want := "The SLO holds: 1 of 1 requests (100 %) have a fluidity-index (reset) of at least 0.9 with a token due every 25 ms, " +
		"and 99 % must; 99 % of them can be read at 50 tokens per second."
	if got := set.Report().Answer(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	set.Finished(&Completion{Outcome: Rejected})
	want = "The SLO does not hold: only 1 of 2 requests (50 %) have a fluidity-index (reset) of at least 0.9 with a token due every 25 ms, " +
		"and 99 % must; 1 was not served; no pace of reading suits 99 % of them."
	if got := set.Report().Answer(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := New(Options{SLO: DefaultSLO()}).Report().Answer(); !strings.Contains(got, "No request") {
		t.Error(got)
	}
}
