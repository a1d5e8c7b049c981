package figures

import (
	"context"
	"fmt"

	"metronome/report"
)

func init() {
	Register(Figure{
		Name:   "R7",
		Title:  "chunks keep the tail low, hybrid batches keep first tokens early, and both do both",
		Source: "Sarathi-Serve (arXiv 2403.02310), table 4",
		Deviations: []string{
			"The paper prints a token budget of 1024, its artifact's script 512; here it is 1024.",
			"Rates are those of the script: 1 request per second of chat, 0.5 of papers; 8 runs of 128 requests are pooled.",
			"The lengths of papers are synthetic, from the moments that the paper prints.",
		},
		Draw: ablation,
	})
}

// variants are the rows of the table: Sarathi without one of its two ideas.
var variants = []struct {
	name     string
	settings []string
}{
	{"hybrid batches only", []string{"scheduler.chunked=false"}},
	{"chunks only", []string{"scheduler.hybrid=false"}},
	{"both", nil},
}

func ablation(ctx context.Context, l Lab) (*Result, error) {
	r := new(Result)
	published := map[string][][2]float64{
		"sharegpt-8k": {{0.53, 0.68}, {1.04, 0.17}, {0.76, 0.14}},
		"arxiv-16k":   {{3.78, 1.38}, {5.38, 0.20}, {3.90, 0.17}},
	}
	for _, w := range []struct{ source, title, rate string }{{"sharegpt-8k", "chat", "1"}, {"arxiv-16k", "papers", "0.5"}} {
		if err := r.ablate(ctx, l, w.source, w.title, w.rate, published[w.source]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Result) ablate(ctx context.Context, l Lab, source, title, rate string, published [][2]float64) error {
	chart := report.Chart{
		Name: "ablation-" + title,
		X:    report.Axis{Label: ""}, Y: report.Axis{Label: "seconds"},
		Categories: []string{"P50 TTFT", "P99 TBT"},
	}
	var ttft, tbt []float64
	for i, v := range variants {
		settings := append([]string{"workload.source=" + source, "workload.arrivals.rate=" + rate, "scheduler.token_budget=1024"}, v.settings...)
		x, err := l.pool(ctx, 8, "yi-34b-a100", settings...)
		if err != nil {
			return err
		}
		ttft = append(ttft, median(x.seconds(reply.ttft)))
		tbt = append(tbt, x.tail(99))
		r.compare(
			Value{fmt.Sprintf("%s, %s: P50 TTFT", title, v.name), "s", ttft[i], published[i][0], Text},
			Value{fmt.Sprintf("%s, %s: P99 TBT", title, v.name), "s", tbt[i], published[i][1], Text})
		chart.Series = append(chart.Series, report.Series{Name: v.name, Mark: report.Bars, X: []float64{0, 1}, Y: []float64{ttft[i], tbt[i]}})
	}
	over := func(v [][2]float64, a, b, column int) float64 { return v[a][column] / v[b][column] }
	r.atMost(1.05, Value{title + ": P99 TBT of both over chunks only", "×", tbt[2] / tbt[1], over(published, 2, 1, 1), Text})
	r.atLeast(2, Value{title + ": P99 TBT of hybrid batches only over chunks only", "×", tbt[0] / tbt[1], over(published, 0, 1, 1), Text})
	r.atMost(1.05, Value{title + ": P50 TTFT of hybrid batches only over both", "×", ttft[0] / ttft[2], over(published, 0, 2, 0), Text})
	r.atMost(1, Value{title + ": P50 TTFT of both over chunks only", "×", ttft[2] / ttft[1], over(published, 2, 1, 0), Text})
	chart.Title = fmt.Sprintf("Without chunks the P99 of the time between tokens is %s times as long, without hybrid batches first tokens take %s times as long (%s)",
		Number(tbt[0]/tbt[2]), Number(ttft[1]/ttft[2]), title)
	r.Charts = append(r.Charts, chart)
	return nil
}
