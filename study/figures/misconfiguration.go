package figures

import (
	"context"
	"fmt"
	"path/filepath"

	"metronome/report"
	"metronome/study"
)

func init() {
	Register(Figure{
		Name:   "R14",
		Title:  "the cheapest deployment for one trace is not the cheapest for another",
		Source: "Vidur (arXiv 2405.05465), figure 1b",
		Deviations: []string{
			"The lengths of chat and BWB are fits of the medians and P90 that the paper prints.",
			"36 deployments are tried where Vidur searches hundreds, with 400 requests per rate.",
			"Prices are those of the profiles, not of the paper.",
		},
		Draw: misconfiguration,
	})
}

// A mix is a trace of the Vidur paper.
type mix struct {
	name     string
	settings []string
}

var mixes = []mix{
	{"arXiv", []string{"workload.source=arxiv-4k", "workload.prompt={}", "workload.output={}"}},
	{"BWB", []string{
		"workload.prompt.distribution=normal", "workload.prompt.mean=1037", "workload.prompt.sd=325", "workload.prompt.min=100", "workload.prompt.max=2000",
		"workload.output.distribution=normal", "workload.output.mean=1601", "workload.output.sd=428", "workload.output.min=100", "workload.output.max=2090"}},
	{"chat", nil},
}

// setups are the deployments that are tried.
func setups() (all [][]string) {
	for _, gpu := range []string{"a100-sxm", "h100-sxm"} {
		for _, layout := range [][2]string{{"4", "1"}, {"2", "2"}, {"8", "1"}} {
			for _, policy := range [][2]string{{"sarathi", "512"}, {"sarathi", "2048"}, {"vllm-v0", "4096"}} {
				for _, batch := range []string{"64", "256"} {
					all = append(all, []string{
						"deployment.gpu=" + gpu, "deployment.tensor_parallel=" + layout[0], "deployment.pipeline_parallel=" + layout[1],
						"scheduler.policy=" + policy[0], "scheduler.token_budget=" + policy[1], "scheduler.max_sequences=" + batch,
					})
				}
			}
		}
	}
	return all
}

// alike is why deployments may differ less than in the paper.
const alike = "one of the few deployments is about the best for every trace; prices, kernels and the overheads of the engine are not those that Vidur was given"

// vidurLevel is the service level of the paper's search.
const vidurLevel = "latency.scheduling_delay_ms.p99<=5000,latency.ttft_ms.p90<=2000,latency.tbt_ms.p99<=200"

func misconfiguration(ctx context.Context, l Lab) (*Result, error) {
	yield := make([][]float64, len(mixes)) // requests per dollar, by trace and deployment
	for i, m := range mixes {
		for _, setup := range setups() {
			y, err := l.perDollar(ctx, append(append([]string{}, m.settings...), setup...))
			if err != nil {
				return nil, err
			}
			yield[i] = append(yield[i], y)
		}
	}
	r := new(Result)
	published := [][]float64{{1.0, 1.7, 2.0}, {1.4, 1.0, 1.5}, {1.3, 1.4, 1.0}}
	chart := report.Chart{
		Name: "misconfiguration",
		X:    report.Axis{Label: "trace that is served"}, Y: report.Axis{Label: "cost over that of its own best deployment"},
	}
	worst, others := 1.0, 0.0
	for i, chosen := range mixes {
		best := argmax(yield[i])
		bars := report.Series{Name: "best for " + chosen.name, Mark: report.Bars}
		for j, served := range mixes {
			ratio := yield[j][argmax(yield[j])] / yield[j][best]
			worst = max(worst, ratio)
			if i != j {
				others += ratio / float64(len(mixes)*(len(mixes)-1))
			}
			bars.Add(float64(j), ratio)
			r.compare(Value{fmt.Sprintf("cost of %s on the best deployment for %s", served.name, chosen.name), "×", ratio, published[i][j], Digitised})
		}
		chart.Series = append(chart.Series, bars)
		chart.Categories = append(chart.Categories, chosen.name)
	}
	r.between(1.3, 3, Value{"most that a deployment chosen for another trace costs", "×", worst, 2.0, Digitised})
	r.because(alike)
	r.atLeast(1.3, Value{"mean of what deployments chosen for another trace cost", "×", others, 1.55, Digitised})
	r.because(alike)
	chart.Title = fmt.Sprintf("A deployment that is best for one trace costs up to %s times as much as need be for another (LLaMA2-70B)", Number(worst))
	r.Charts = []report.Chart{chart}
	return r, nil
}

// perDollar returns how many requests a dollar serves within the service level.
func (l Lab) perDollar(ctx context.Context, settings []string) (float64, error) {
	e, err := study.Open(filepath.Join(l.Folder, "llama-2-70b-vidur.toml"), settings...)
	if err != nil {
		return 0, err
	}
	o := study.Options{Profiles: l.Profiles}
	p, err := e.Plan(o)
	if err != nil {
		return 0, err
	}
	price, known := p.Deployment.PricePerHour()
	if !known {
		return 0, fmt.Errorf("figures: no price of %s", p.Deployment.GPU.Name)
	}
	c, err := study.Capacity(ctx, e, o, study.CapacityOptions{Criterion: vidurLevel, Seeds: 1, Tolerance: 0.05})
	if err != nil {
		return 0, err
	}
	return c.Rate.Mean * 3600 / price, nil
}

func argmax(values []float64) (best int) {
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
