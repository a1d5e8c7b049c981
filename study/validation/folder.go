package validation

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"metronome/hardware"
)

// A Folder is what was recorded. The format is that of docs/validation.md. Parts
// that are not there are empty.
type Folder struct {
	Experiments []Experiment
	Points      []Point
	Peers       []Prediction
	Faults      []error // what could not be read

	files     fs.FS
	path      string
	all, warm figures
}

// Open reads all of a folder but the requests of its experiments, which are read
// when they run. Place is the path of the folder, where models/*.json of models
// without a profile are looked for; "" is nowhere.
func Open(files fs.FS, place string) *Folder {
	f := &Folder{files: files, path: place}
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
	return f
}

// Empty reports whether nothing was recorded, not even at fault.
func (f *Folder) Empty() bool { return len(f.Experiments)+len(f.Points)+len(f.Faults) == 0 }

// config returns the path of the config.json of a model, "" if there is none.
func (f *Folder) config(model string) string {
	name := "models/" + strings.ToLower(path.Base(model)) + ".json"
	if _, err := fs.Stat(f.files, name); err != nil || f.path == "" {
		return ""
	}
	return filepath.Join(f.path, filepath.FromSlash(name))
}

// rig returns what an experiment ran on.
func (f *Folder) rig(x *Experiment) rig {
	g := rig{model: x.Model, gpu: x.GPU, precision: x.Precision, engine: x.Engine, version: x.Version}
	g.config = f.config(x.Model)
	g.data, g.eager = x.Data, x.Eager
	g.spec = hardware.Spec{TensorParallel: &x.Tensor, PipelineParallel: &x.Pipeline, ExpertParallel: &x.Expert, KVBlocks: &x.Blocks}
	if x.KVPrecision != "" && x.KVPrecision != "auto" {
		g.spec.KVPrecision = findPrecision("", x.KVPrecision)
	}
	if x.MemoryUtilization > 0 {
		g.spec.MemoryUtilization = &x.MemoryUtilization
	}
	if x.OffloadGiB > 0 && x.Pipeline == 1 {
		g.spec.OffloadGiB = &x.OffloadGiB
	}
	if x.MaxModelLen > 0 {
		g.spec.MaxModelLen = &x.MaxModelLen
	}
	return g
}

func (f *Folder) complain(err error) { f.Faults = append(f.Faults, err) }
