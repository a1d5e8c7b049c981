package figures

import (
	"context"
	"fmt"

	"metronome/metrics"
	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R17",
		Title:  "deadlines order requests best until they cannot all be met, then work has to count too",
		Source: "QoServe (Niyama, arXiv 2503.22562), figure 2",
		Deviations: []string{
			"Classes whose whole reply is due in 10 minutes or half an hour in the paper have their first token due then.",
			"All three classes have the lengths of Azure's chats and a third of the load each; an hour of arrivals.",
			"The hybrid is the policy qoserve, which leaves prompts aside that are late already.",
		},
		Draw: deadlineOrder,
	})
}

// orders are the policies of the figure.
var orders = []struct{ policy, name string }{
	{"sarathi", "FCFS"}, {"edf", "EDF"}, {"sjf", "SJF"}, {"srpf", "SRPF"}, {"qoserve", "hybrid"},
}

// classRates are the loads of each of the three classes, requests per second. One
// replica can bear the second, but not the third.
var classRates = []float64{2, 2.5, 3, 4}

func deadlineOrder(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	chart := report.Chart{
		Name: "violations-by-load",
		X:    report.Axis{Label: "requests per second"}, Y: report.Axis{Label: "requests that miss their SLO (%)"},
	}
	missed := map[string][]float64{}
	for _, o := range orders {
		series := report.Series{Name: o.name}
		for _, rate := range classRates {
			share, err := l.missed(ctx, o.policy, rate)
			if err != nil {
				return nil, err
			}
			missed[o.policy] = append(missed[o.policy], share)
			series.X, series.Y = append(series.X, 3*rate), append(series.Y, 100*share)
		}
		chart.Series = append(chart.Series, series)
	}
	claim := func(policy string, at int) Value {
		return Value{Name: fmt.Sprintf("%s: requests that miss their SLO at %s per second", policy, Number(3*classRates[at])), Unit: "%", Ours: 100 * missed[policy][at]}
	}
	r.atMost(1, claim("edf", 1))
	r.atLeast(10, claim("sarathi", 1))
	r.atLeast(1, claim("srpf", 1))
	r.atLeast(50, claim("edf", 3))
	r.atMost(100*missed["edf"][3]/2, claim("srpf", 3))
	r.atMost(1, claim("qoserve", 1))
	r.atMost(100*missed["edf"][2]/2, claim("qoserve", 2))
	chart.Title = fmt.Sprintf("At %s requests per second, %s %% miss their SLO in order of deadline, %s %% in order of work, %s %% by both",
		Number(3*classRates[2]), Number(100*missed["edf"][2]), Number(100*missed["srpf"][2]), Number(100*missed["qoserve"][2]))
	r.Charts = append(r.Charts, chart)
	return r, nil
}

// missed returns the share of requests whose SLO does not hold, at a rate per class.
func (l Lab) missed(ctx context.Context, policy string, rate float64) (float64, error) {
	settings := []string{"scheduler.policy=" + policy}
	for class := range 3 {
		settings = append(settings, fmt.Sprintf("tenant.%d.workload.arrivals.rate=%v", class, rate))
	}
	p, err := l.plan("three-classes", settings...)
	if err != nil {
		return 0, err
	}
	report, err := p.Run(ctx)
	if err != nil {
		return 0, err
	}
	return missedShare(report), nil
}

// missedShare returns the share of requests whose SLO does not hold.
func missedShare(r *metrics.Report) float64 {
	var missed, all float64
	for _, class := range []string{"interactive", "minutes", "half-hour"} {
		n, _ := r.Lookup("tenants." + class + ".requests")
		attained, _ := r.Lookup("tenants." + class + ".attainment")
		missed, all = missed+n*(1-attained), all+n
	}
	return missed / all
}
