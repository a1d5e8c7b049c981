package metrics

// shares counts shares of a whole in steps of 1/10,000, to the nearest.
type shares struct {
	n      int64
	counts [steps + 1]int64
}

const steps = 10_000

// record counts a share in units.
func (s *shares) record(v int64) {
	s.n++
	s.counts[(v+unit/steps/2)/(unit/steps)]++
}

func (s *shares) merge(o *shares) {
	s.n += o.n
	for i, c := range o.counts {
		s.counts[i] += c
	}
}

// percentile returns the share below which a share p of those counted lies, by
// linear interpolation; nil if none were counted.
func (s *shares) percentile(p Ratio) any {
	if s.n == 0 {
		return nil
	}
	rank, part := position(p, s.n)
	low := s.ranked(rank)
	if part == 0 {
		return low / steps
	}
	return (low + part*(s.ranked(rank+1)-low)) / steps
}

func (s *shares) ranked(k int64) float64 {
	i := 0
	for k -= s.counts[0]; k >= 0; k -= s.counts[i] {
		i++
	}
	return float64(i)
}
