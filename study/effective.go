package study

import (
	"bytes"
	"path/filepath"
	"reflect"

	"github.com/BurntSushi/toml"

	"metronome/hardware"
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
	parts := []any{map[string]any{"seed": x.Seed}, map[string]any{"workload": x.Workload}}
	if len(x.Pools) == 0 { // else nothing is left that pools leave out, and they would take more from here
		parts = append(parts,
			map[string]any{"deployment": x.Deployment},
			map[string]any{"scheduler": x.Scheduler.Spec},
			x.Scheduler.effective(p.Policy)) // goes on in [scheduler]
	}
	parts = append(parts, map[string]any{"router": x.Router}, map[string]any{"slo": x.SLO})
	if p.disaggregated() {
		parts = append(parts, map[string]any{"handover": x.Handover})
	}
	if x.Admission.used() {
		parts = append(parts, map[string]any{"admission": x.Admission})
	}
	if x.Faults.happen() {
		parts = append(parts, map[string]any{"faults": x.Faults})
	}
	if len(x.Pools) > 0 {
		parts = append(parts, map[string]any{"pool": p.poolFiles(folder)})
	}
	if len(x.Tenants) > 0 {
		parts = append(parts, map[string]any{"tenant": x.tenantFiles(folder)})
	}
	for _, part := range parts {
		if err := encoder.Encode(part); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// A poolFile is a [[pool]] table with everything written out.
type poolFile struct {
	Name string `toml:"name"`
	Role string `toml:"role"`
	Worth
	hardware.Spec
	Scaling   *Scaling       `toml:"scaling,omitempty"`
	Scheduler map[string]any `toml:"scheduler"`
}

// poolFiles returns the pools as tables of a file in a folder.
func (p *Plan) poolFiles(folder string) (all []poolFile) {
	for _, pool := range p.Pools {
		x := pool.Spec
		f := poolFile{x.Name, x.Role.String(), x.Worth, x.Spec, x.Scaling, x.Scheduler.effective(pool.Policy)}
		if isFile(f.Model) {
			f.Model = relative(folder, f.Model)
		}
		shared := reflect.ValueOf(x.Scheduler.Spec)
		for _, key := range fields(shared.Type()) {
			if v := shared.FieldByIndex(key.index); !v.IsZero() {
				f.Scheduler[key.key] = v.Interface()
			}
		}
		all = append(all, f)
	}
	return all
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
