package validation

import "io/fs"

// A Point is a closed loop of clients, each of which sends its next request once
// it has its reply.
type Point struct {
	ID, Source      string
	Model, GPU      string
	Engine, Version string
	Precision       string
	Tensor, Expert  int     // degrees of parallelism
	Input, Output   int     // longest prompt and reply, tokens
	Shortest        float64 // prompt and reply, as shares of the longest
	Concurrency     int
	TTFT, TPOT      float64 // ms, a mean or a median; 0 is not measured
}

var pointColumns = []string{"id", "source", "model", "gpu", "engine", "precision", "tp", "isl", "osl", "concurrency"}

// randomRange is the shortest length that InferenceX draws, as a share of the longest.
const randomRange = 0.8

// readPoints reads closed_loop/closed_loop.csv.
func readPoints(files fs.FS, complain func(error)) (all []Point, err error) {
	err = eachRow(files, "closed_loop/closed_loop.csv", pointColumns, complain, func(r *row) {
		p := Point{
			ID: r.text("id"), Source: r.text("source"), Model: r.text("model"), GPU: r.text("gpu"),
			Engine: r.text("engine"), Version: r.text("engine_version"), Precision: r.text("precision"),
			Tensor: r.whole("tp"), Expert: max(1, ifAny(r, "moe_ep", (*row).whole)),
			Input: r.whole("isl"), Output: r.whole("osl"), Concurrency: r.whole("concurrency"), Shortest: 1,
			TTFT: ifAny(r, "ttft_ms_mean_or_median", (*row).positive), TPOT: ifAny(r, "tpot_ms_mean_or_median", (*row).positive),
		}
		if p.Source == "inferencex" {
			p.Shortest = randomRange
		}
		if p.Tensor*p.Input*p.Output*p.Concurrency == 0 {
			r.wrong("concurrency", "with tp, isl and osl it must be above 0")
		}
		if r.fault == nil {
			all = append(all, p)
		}
	})
	return all, err
}
