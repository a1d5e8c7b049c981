package figures

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

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
			"48 deployments are tried where Vidur searches hundreds, with 2000 requests per rate. None is of A40, which have both less bandwidth and less arithmetic per dollar than A100.",
			"The engine is V0 of vLLM in mid-2024, as the paper is of that time. It cannot be the one whose batches of Yi-34B the same authors published: its host alone takes longer for a token of LLaMA2-7B than Vidur's measurements at 85 % load, 38 ms.",
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

// A setup is a deployment that is tried, with what the experiment must be told.
type setup struct {
	name     string
	settings []string
}

// published is the deployment that the paper's search finds for chat.
const published = "h100-sxm, TP2-PP2, sarathi 512, batch 256"

// setups are the deployments that are tried. The largest batch is that of each of
// the stages of a pipeline, as in Vidur.
func setups() (all []setup) {
	for _, gpu := range []string{"a100-sxm", "h100-sxm"} {
		for _, layout := range [][2]int{{4, 1}, {2, 2}, {4, 2}, {2, 4}} {
			for _, policy := range [][2]string{{"sarathi", "512"}, {"sarathi", "1024"}, {"vllm-v0", "4096"}} {
				for _, batch := range []int{64, 256} {
					all = append(all, setup{
						fmt.Sprintf("%s, TP%d-PP%d, %s %s, batch %d", gpu, layout[0], layout[1], policy[0], policy[1], batch),
						[]string{
							"deployment.gpu=" + gpu, fmt.Sprintf("deployment.tensor_parallel=%d", layout[0]), fmt.Sprintf("deployment.pipeline_parallel=%d", layout[1]),
							"scheduler.policy=" + policy[0], "scheduler.token_budget=" + policy[1], fmt.Sprintf("scheduler.max_sequences=%d", batch*layout[1]),
						},
					})
				}
			}
		}
	}
	return all
}

// alike is why deployments differ less than in the paper.
const alike = "the same GPUs and layout are best for all traces here, and only the token budget differs; the times of kernels and of the engine that Vidur was given are not at hand"

// vidurLevel is the service level of the paper's search.
const vidurLevel = "latency.scheduling_delay_ms.p99<=5000,latency.ttft_ms.p90<=2000,latency.tbt_ms.p99<=200"

func misconfiguration(ctx context.Context, l Lab) (*Result, error) {
	all := setups()
	yield, err := l.yields(ctx, all) // requests per dollar, by trace and deployment
	if err != nil {
		return nil, err
	}
	r := new(Result)
	paper := [][]float64{{1.0, 1.7, 2.0}, {1.4, 1.0, 1.5}, {1.3, 1.4, 1.0}}
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
			r.compare(Value{fmt.Sprintf("cost of %s on the best deployment for %s (%s)", served.name, chosen.name, all[best].name), "×", ratio, paper[i][j], Digitised})
		}
		chart.Series = append(chart.Series, bars)
		chart.Categories = append(chart.Categories, chosen.name)
	}
	r.between(1.3, 3, Value{"most that a deployment chosen for another trace costs", "×", worst, 2.0, Digitised})
	r.atLeast(1.3, Value{"mean of what deployments chosen for another trace cost", "×", others, 1.55, Digitised})
	r.because(alike)
	chat := yield[len(mixes)-1]
	known := slices.IndexFunc(all, func(s setup) bool { return s.name == published })
	r.atLeast(0.95, Value{"requests per dollar of chat on the published deployment (" + published + ") over ours", "", chat[known] / chat[argmax(chat)], 1, Digitised})
	chart.Title = fmt.Sprintf("A deployment that is best for one trace costs up to %s times as much as need be for another (LLaMA2-70B)", Number(worst))
	r.Charts = []report.Chart{chart}
	return r, nil
}

// yields returns how many requests a dollar serves, by trace and deployment, on all
// processors.
func (l Lab) yields(ctx context.Context, all []setup) ([][]float64, error) {
	yield := make([][]float64, len(mixes))
	errs := make([]error, len(mixes)*len(all))
	var done sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, m := range mixes {
		yield[i] = make([]float64, len(all))
		for j, s := range all {
			free <- struct{}{}
			done.Go(func() {
				yield[i][j], errs[i*len(all)+j] = l.perDollar(ctx, slices.Concat(m.settings, s.settings))
				<-free
			})
		}
	}
	done.Wait()
	return yield, errors.Join(errs...)
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
	c, err := study.Capacity(ctx, e, o, study.CapacityOptions{Criterion: vidurLevel, Seeds: 1, Tolerance: 0.05, Workers: 1})
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
