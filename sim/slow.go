package sim

import (
	"slices"
	"time"

	"metronome/hardware"
)

// slowed is a cost model whose iterations take longer.
type slowed struct {
	hardware.CostModel
	factor float64
}

// IterationTime implements hardware.CostModel.
func (s slowed) IterationTime(shape hardware.Shape) time.Duration {
	return time.Duration(float64(s.CostModel.IterationTime(shape)) * s.factor)
}

// slowDown makes the iterations of a replica take longer by a factor for some time,
// 0 being for good. Of several factors the greatest counts.
func (f *feed) slowDown(replica int, factor float64, length, now time.Duration) {
	s := f.lanes[replica][0].status
	s.slow = append(s.slow, factor)
	f.drag(replica)
	f.stand(s, now)
	if length > 0 {
		f.agenda.add(now+length, func(now time.Duration) {
			i := slices.Index(s.slow, factor)
			s.slow = slices.Delete(s.slow, i, i+1)
			f.drag(replica)
			f.stand(s, now)
		})
	}
}

// drag makes the iterations of a replica take as long as its slowdowns say.
func (f *feed) drag(replica int) {
	slow := f.lanes[replica][0].status.slow
	for _, r := range f.lanes[replica] {
		r.cost = r.atBest
		if len(slow) > 0 {
			r.cost = slowed{r.atBest, slices.Max(slow)}
		}
	}
}
