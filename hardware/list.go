package hardware

import (
	"fmt"
	"io/fs"
)

// ListGPUs describes the GPU profiles, a line each, the name first.
func ListGPUs(fsys fs.FS) ([]string, error) { return list(fsys, "gpus", OpenGPU) }

// ListModels describes the model profiles, a line each, the name first.
func ListModels(fsys fs.FS) ([]string, error) { return list(fsys, "models", OpenModel) }

func list[T fmt.Stringer](fsys fs.FS, kind string, open func(fs.FS, string) (T, error)) ([]string, error) {
	names, err := Names(fsys, kind)
	if err != nil {
		return nil, err
	}
	width := 0
	for _, name := range names {
		width = max(width, len(name))
	}
	for i, name := range names {
		profile, err := open(fsys, name)
		if err != nil {
			return nil, err
		}
		names[i] = fmt.Sprintf("%-*s  %s", width, name, profile)
	}
	return names, nil
}
