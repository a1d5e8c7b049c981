package hardware

import (
	"fmt"
	"io/fs"
)

// ListGPUs describes the GPU profiles, a line each, the name first.
func ListGPUs(fsys fs.FS) ([]string, error) { return list(fsys, "gpus", OpenGPU, GPU.String) }

// ListModels describes the model profiles, a line each, the name first.
func ListModels(fsys fs.FS) ([]string, error) { return list(fsys, "models", OpenModel, Model.String) }

// ListEngines describes the engine profiles, a line each, the name first.
func ListEngines(fsys fs.FS) ([]string, error) {
	return list(fsys, "engines", OpenEngine, Engine.describe)
}

func list[T any](fsys fs.FS, kind string, open func(fs.FS, string) (T, error), describe func(T) string) ([]string, error) {
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
		names[i] = fmt.Sprintf("%-*s  %s", width, name, describe(profile))
	}
	return names, nil
}
