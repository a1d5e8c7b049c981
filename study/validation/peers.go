package validation

import (
	"io/fs"
	"strconv"
	"strings"
)

// A Prediction is what another simulator said of a whole run.
type Prediction struct {
	Experiment, Simulator string
	Metric                string  // such as "e2e_mean"; "itl_mean" is the mean time per output token
	Predicted, Measured   float64 // ms; what it was scored on
}

// readPeers reads peers.csv: predictions for whole runs by simulators that were
// not fitted to them.
func readPeers(files fs.FS, complain func(error)) (all []Prediction, err error) {
	columns := []string{"exp_id", "stage", "metric", "simulator", "predicted_ms", "actual_ms", "set"}
	err = eachRow(files, "peers.csv", columns, complain, func(r *row) {
		p := Prediction{r.text("exp_id"), r.text("simulator"), r.text("metric"), r.number("predicted_ms"), r.positive("actual_ms")}
		trained := strings.HasPrefix(p.Simulator, "blis-") && r.text("set") != "eval"
		if r.fault == nil && r.text("stage") == strconv.Itoa(wholeRun) && !trained {
			all = append(all, p)
		}
	})
	return all, err
}
