package validation

import (
	"errors"
	"io/fs"
)

// A Folder is what was recorded. The format is that of docs/validation.md. Parts
// that are not there are empty.
type Folder struct {
	Experiments []Experiment
	Points      []Point
	Peers       []Prediction
	Faults      []error // what could not be read

	files     fs.FS
	all, warm figures
}

// Open reads all of a folder but the requests of its experiments, which are read
// when they run.
func Open(files fs.FS) *Folder {
	f := &Folder{files: files}
	var errs [4]error
	f.Experiments, errs[0] = readExperiments(files, f.complain)
	f.all, f.warm, errs[1] = readFigures(files, f.complain)
	f.Peers, errs[2] = readPeers(files, f.complain)
	f.Points, errs[3] = readPoints(files, f.complain)
	for _, err := range errs {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.complain(err)
		}
	}
	if len(f.Experiments)+len(f.Points) == 0 && len(f.Faults) == 0 {
		f.complain(errors.New("nothing was recorded here (must have experiments.csv or closed_loop/closed_loop.csv)"))
	}
	return f
}

func (f *Folder) complain(err error) { f.Faults = append(f.Faults, err) }
