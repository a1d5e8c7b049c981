package validation

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes a line for every figure of every run and closed loop.
func (r *Report) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	w.Write([]string{"id", "stage", "metric", "predicted", "measured", "error_pct", "source"})
	line := func(id, stage, prefix string, figures []Figure) {
		for _, f := range figures {
			w.Write([]string{id, stage, prefix + f.Name, decimal(f.Predicted), decimal(f.Measured), decimal(f.Error()), f.Source})
		}
	}
	for _, run := range r.Runs {
		for i := range run.Spans {
			s := &run.Spans[i]
			line(run.Experiment.ID, strconv.Itoa(s.Stage), "", s.Figures)
			line(run.Experiment.ID, strconv.Itoa(s.Stage), "warm_", s.WarmFigures)
		}
	}
	for _, run := range r.Points {
		line(run.Point.ID, "", "", run.Figures)
	}
	w.Flush()
	return w.Error()
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }
