package validation

import (
	"io/fs"
)

// A figureKey names a measured figure: latencies in ms, rates per second.
type figureKey struct {
	experiment   string
	stage        int // wholeRun, or a stage from 0
	metric, stat string
}

// wholeRun is the stage that stands for all of them together.
const wholeRun = -1

// A figure is a measured value and where it comes from.
type figure struct {
	value  float64
	source string
}

// sourceRank orders the sources of a figure, the most trusted last.
func sourceRank(source string) int {
	switch source {
	case "computed_all":
		return 3
	case "reported_by_peers":
		return 2
	case "reported":
		return 1
	}
	return 0
}

// figures are what was measured, of each the most trusted source.
type figures map[figureKey]figure

// computedWarm is the source of figures that leave the first requests out.
const computedWarm = "computed_warm"

// readFigures reads aggregates.csv: all requests, and those of a warm engine.
func readFigures(files fs.FS, complain func(error)) (all, warm figures, err error) {
	all, warm = figures{}, figures{}
	err = eachRow(files, "aggregates.csv", []string{"exp_id", "stage", "metric", "stat", "value_ms", "source"}, complain, func(r *row) {
		key := figureKey{r.text("exp_id"), wholeRun, r.text("metric"), r.text("stat")}
		if r.text("stage") != "-1" {
			key.stage = r.whole("stage")
		}
		f := figure{r.number("value_ms"), r.text("source")}
		if r.fault != nil {
			return
		}
		into := all
		if f.source == computedWarm {
			into = warm
		}
		if old, ok := into[key]; !ok || sourceRank(f.source) > sourceRank(old.source) {
			into[key] = f
		}
	})
	return all, warm, err
}

// tpot returns the time per output token after the first. Where it was not
// measured, all replies have the same length and the means give it exactly.
func (f figures) tpot(x *Experiment, stage int) (figure, bool) {
	if t, ok := f[figureKey{x.ID, stage, "tpot", "mean"}]; ok {
		return t, true
	}
	ttft, ok := f[figureKey{x.ID, stage, "ttft", "mean"}]
	e2e, ok2 := f[figureKey{x.ID, stage, "e2e", "mean"}]
	if !ok || !ok2 || x.OutputTokens < 2 {
		return figure{}, false
	}
	return figure{(e2e.value - ttft.value) / float64(x.OutputTokens-1), e2e.source}, true
}

// lookup returns a figure, that of the time per output token by its own rule.
func (f figures) lookup(x *Experiment, stage int, metric, stat string) (figure, bool) {
	if metric == "tpot" && stat == "mean" {
		return f.tpot(x, stage)
	}
	v, ok := f[figureKey{x.ID, stage, metric, stat}]
	return v, ok
}
