package sim

import (
	"math/rand/v2"
	"testing"

	"metronome/scheduler"
	"metronome/workloads"
)

// A doubter is a router that keeps the loads by what it is told of them, and compares
// them with what it is shown.
type doubter struct {
	pupil
	t    *testing.T
	seed uint64
	by   []scheduler.Load
	news int
}

func (d *doubter) Changed(loads []scheduler.Load, replica int) {
	if d.by != nil {
		d.by[replica] = loads[replica]
		d.news++
	}
	d.pupil.Changed(loads, replica)
}

func (d *doubter) Route(r workloads.Request, loads []scheduler.Load) int {
	if d.by == nil {
		d.by = append(d.by, loads...)
	}
	for i := range loads {
		if d.by[i] != loads[i] {
			d.t.Fatalf("seed %d: request %d: replica %d is %+v, and %+v as the router was told", d.seed, r.ID, i, loads[i], d.by[i])
		}
	}
	return d.pupil.Route(r, loads)
}

// Whatever layout, staleness and trouble, routers are told of each change, and the
// waiting that admission control looks at is that of all replicas.
func TestRoutersAreToldOfEveryChange(t *testing.T) {
	news := 0
	for _, router := range scheduler.Routers() {
		for seed := range seeds() {
			c, pupil := layout(router, seed, newWatcher(t), trouble)
			d := &doubter{pupil: *pupil, t: t, seed: seed}
			c.Router = d
			if c.Handover.Router != nil {
				c.Handover.Router = &doubter{pupil: *pupil, t: t, seed: seed}
				c.Handover.Router.(*doubter).Router = router.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(seed, 8)))
			}
			f := newFeed(c)
			if err := f.run(t.Context()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, tier := range []*tier{&f.prompts, &f.decodes} {
				waiting := 0
				for i := range tier.loads {
					waiting += tier.loads[i].Waiting
				}
				if waiting != tier.waiting {
					t.Fatalf("seed %d: %d sequences wait, %d are counted", seed, waiting, tier.waiting)
				}
			}
			news += d.news
		}
	}
	t.Logf("told of %d changes", news)
}
