package figures

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"metronome/study"
)

// capacity returns the largest rate at which an experiment meets a criterion, in
// requests per second, with one seed.
func (l Lab) capacity(ctx context.Context, criterion, name string, settings ...string) (float64, error) {
	e, err := study.Open(filepath.Join(l.Folder, name+".toml"), settings...)
	if err != nil {
		return 0, err
	}
	r, err := study.Capacity(ctx, e, study.Options{Profiles: l.Profiles}, study.CapacityOptions{Criterion: criterion, Seeds: 1})
	if err != nil {
		return 0, err
	}
	if r.Rate.Mean == 0 {
		return 0, errors.Join(ctx.Err(), fmt.Errorf("%s holds no rate under %s", name, criterion))
	}
	return r.Rate.Mean, nil
}
