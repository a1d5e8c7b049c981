package figures

import (
	"context"
	"fmt"
	"math"
	"strings"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R16",
		Title:  "GPUs that only prefill and GPUs that only decode hold more load than GPUs that do both",
		Source: "DistServe (arXiv 2401.09670), and Splitwise (arXiv 2311.18677)",
		Deviations: []string{
			"Lengths of DistServe's chats are lognormal and fit the context of OPT; its trace is not at hand.",
			"The system without a split is vLLM V0, which computes prompts whole and before decodes; the engine of OPT-13B is that of mid-2024 on both sides, where DistServe has one of its own.",
			"Of DistServe's layouts those are tried where one or two GPUs prefill and one decodes per replica, with the KV cache sent over NVLink; the paper searches all degrees.",
			"Splitwise bounds the slowdown of every request against an idle A100 machine: here the quantiles of all requests are bounded by so many times those of that machine. Prompts beyond the context of the model are rejected.",
			"KV caches are copied after the prefill, not layer by layer beside it.",
		},
		Draw: disaggregation,
	})
}

// A split is how many replicas prefill and how many decode.
type split struct{ prefill, decode int }

func (s split) String() string { return fmt.Sprintf("%d+%d", s.prefill, s.decode) }

// settings returns what makes an experiment disaggregated. More settings may change
// the pools: 0 prefills, 1 decodes.
func (s split) settings(more ...string) []string {
	return append([]string{
		"pool.0.name=prefill", "pool.0.role=prefill", fmt.Sprint("pool.0.replicas=", s.prefill),
		"pool.1.name=decode", "pool.1.role=decode", fmt.Sprint("pool.1.replicas=", s.decode),
	}, more...)
}

func disaggregation(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	if err := r.distServe(ctx, l); err != nil {
		return nil, err
	}
	return r, r.splitwise(ctx, l)
}

// scales are the bounds on TTFT and TPOT of DistServe's OPT-13B chats, in parts of
// those of the paper.
var scales = []float64{0.75, 1, 2}

// distServe compares goodput per GPU as the SLO gets tighter.
func (r *Result) distServe(ctx context.Context, l Lab) error {
	splits := []split{{1, 1}, {2, 1}, {3, 1}, {1, 2}}
	tensor := []int{1, 2} // GPUs of a replica that prefills
	bars := []report.Series{{Name: "both on each GPU", Mark: report.Bars}, {Name: "best split", Mark: report.Bars}}
	var gains []float64
	var names []string
	for i, scale := range scales {
		slo := []string{fmt.Sprintf("slo.ttft=%gms", 250*scale), fmt.Sprintf("slo.tpot=%gms", 100*scale)}
		whole, err := l.capacity(ctx, "goodput", "opt-13b-a100", slo...)
		if err != nil {
			return err
		}
		best := 0.0
		for _, s := range splits {
			for _, n := range tensor {
				rate, err := l.capacity(ctx, "goodput", "opt-13b-a100",
					s.settings(append(slo, "handover.bandwidth_gbps=300", fmt.Sprint("pool.0.tensor_parallel=", n))...)...)
				if err != nil {
					return err
				}
				best = max(best, rate/float64(n*s.prefill+s.decode))
			}
		}
		bars[0].Add(float64(i), whole)
		bars[1].Add(float64(i), best)
		gains = append(gains, best/whole)
		names = append(names, fmt.Sprintf("%g, %g ms", 250*scale, 100*scale))
	}
	r.atLeast(1, Value{"goodput per GPU of the best split over that of GPUs that do both, OPT-13B chats", "×", gains[1], 0, None})
	r.because("what a split gains hinges on the bounds: nothing at these, in which a prompt still finds time to wait for an iteration of decodes, and several times as much with three quarters of them; the lengths of the paper's trace are not at hand")
	r.atLeast(1, Value{"the same with bounds three quarters as long", "×", gains[0], 7.4, Text})
	r.compare(Value{"the same with bounds twice as long", "×", gains[2], 0, None})
	r.Charts = append(r.Charts, report.Chart{
		Name:  "disaggregation-distserve",
		Title: fmt.Sprintf("A split is worth %s times the goodput per GPU at a tight SLO, and %s times at a loose one (OPT-13B on A100)", Number(gains[0]), Number(gains[2])),
		X:     report.Axis{Label: "bounds on TTFT and TPOT"}, Y: report.Axis{Label: "goodput (requests per second and GPU)"},
		Categories: names, Series: bars,
	})
	return nil
}

// splitwise compares four machines that are split with four that are not.
func (r *Result) splitwise(ctx context.Context, l Lab) error {
	const file = "llama-2-70b-splitwise"
	level, err := l.slowdowns(ctx, file)
	if err != nil {
		return err
	}
	whole, err := l.capacity(ctx, level, file)
	if err != nil {
		return err
	}
	bars := report.Series{Name: "capacity", Mark: report.Bars}
	bars.Add(0, whole)
	names, best, most := []string{"no split"}, split{}, 0.0
	for i, s := range []split{{3, 1}, {2, 2}, {1, 3}} {
		rate, err := l.capacity(ctx, level, file, s.settings()...)
		if err != nil {
			return err
		}
		bars.Add(float64(i+1), rate)
		names = append(names, s.String())
		if rate > most {
			best, most = s, rate
		}
	}
	r.atLeast(1, Value{"capacity of the best split of four H100 machines over that without, Llama-2-70B chats", "×", most / whole, 2.35, Text})
	share, err := l.transferShare(ctx, file, best, most/2)
	if err != nil {
		return err
	}
	r.atMost(7, Value{"mean copy of a KV cache over the mean time to the first token on an idle machine", "%", share, 7, Text})
	r.Charts = append(r.Charts, report.Chart{
		Name:  "disaggregation-splitwise",
		Title: fmt.Sprintf("Four H100 machines hold %s times the load if %s of them prefill and decode apart (Llama-2-70B)", Number(most/whole), best),
		X:     report.Axis{Label: "machines that prefill + machines that decode"}, Y: report.Axis{Label: "capacity (requests per second)"},
		Categories: names, Series: []report.Series{bars},
	})
	return nil
}

// alone are the settings of one machine with one request at a time.
var alone = []string{"deployment.replicas=1", "workload.requests=500", "workload.arrivals.process=closed-loop", "workload.arrivals.users=1"}

// slowdowns returns the nine bounds of Splitwise: quantiles of TTFT, TBT and E2E
// as multiples of those of an idle A100 machine.
func (l Lab) slowdowns(ctx context.Context, file string) (string, error) {
	idle, err := l.run(ctx, file, append([]string{"deployment.gpu=a100-sxm", "deployment.engine=splitwise-a100"}, alone...)...)
	if err != nil {
		return "", err
	}
	var bounds []string
	for _, of := range []struct {
		metric  string
		factors [3]float64
	}{{"ttft_ms", [3]float64{2, 3, 6}}, {"tbt_ms", [3]float64{1.25, 1.5, 5}}, {"e2e_ms", [3]float64{1.25, 1.5, 5}}} {
		for i, stat := range []string{"p50", "p90", "p99"} {
			key := "latency." + of.metric + "." + stat
			x, _ := idle.report.Lookup(key)
			bounds = append(bounds, fmt.Sprintf("%s<=%.2f", key, x*of.factors[i]))
		}
	}
	return strings.Join(bounds, ","), nil
}

// transferShare returns how long the copy of a KV cache takes, in percent of the
// time to the first token of a lone request.
func (l Lab) transferShare(ctx context.Context, file string, s split, rate float64) (float64, error) {
	idle, err := l.run(ctx, file, alone...)
	if err != nil {
		return 0, err
	}
	loaded, err := l.run(ctx, file, s.settings("workload.arrivals.rate="+Number(rate))...)
	if err != nil {
		return 0, err
	}
	prefill, ok := idle.report.Lookup("latency.ttft_ms.mean")
	transfer, known := loaded.report.Lookup("handover.transfer_ms.mean")
	if !ok || !known {
		return math.NaN(), nil
	}
	return 100 * transfer / prefill, nil
}
