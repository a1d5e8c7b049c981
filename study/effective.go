package study

import (
	"bytes"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// File returns the effective experiment as a file in a folder: read from there,
// it gives the same run to the last byte. Other files are named relative to the folder.
func (p *Plan) File(folder string) ([]byte, error) {
	x := p.Experiment
	x.Workload.Trace = relative(folder, x.Workload.Trace)
	if isFile(x.Deployment.Model) {
		x.Deployment.Model = relative(folder, x.Deployment.Model)
	}
	var b bytes.Buffer
	encoder := toml.NewEncoder(&b)
	encoder.Indent = ""
	for _, part := range []any{
		map[string]any{"seed": x.Seed},
		map[string]any{"workload": x.Workload},
		map[string]any{"deployment": x.Deployment},
		map[string]any{"scheduler": x.Scheduler.Spec},
		x.Scheduler.effective(p.Policy), // goes on in [scheduler]
		map[string]any{"router": x.Router},
		map[string]any{"slo": x.SLO},
	} {
		if err := encoder.Encode(part); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// relative returns a path as seen from a folder, or as it is if there is no way.
func relative(folder, path string) string {
	if path == "" {
		return ""
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return path
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if r, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(r)
	}
	return path
}
