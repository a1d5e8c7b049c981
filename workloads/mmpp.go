package workloads

import (
	"cmp"
	"fmt"
	"math/rand/v2"
)

// Bursts of the mmpp process where they are not given.
const (
	defaultBurstFactor   = 5.0
	defaultBurstShare    = 0.1
	defaultBurstRequests = 50.0
)

// A phase is a state of the mmpp process. Its rates are per mean gap.
type phase struct{ arrive, leave float64 }

// mmpp is a Markov-modulated Poisson process that alternates between a calm
// phase and bursts.
type mmpp struct {
	random *rand.Rand
	phases [2]phase // calm, burst
	now    int
}

// Next implements Gaps.
func (m *mmpp) Next() float64 {
	gap := 0.0
	for {
		p := m.phases[m.now]
		total := p.arrive + p.leave
		gap += m.random.ExpFloat64() / total
		if m.random.Float64()*total < p.arrive {
			return gap
		}
		m.now = 1 - m.now
	}
}

// newMMPP sets the calm rate so that the mean is 1, and starts in the phase that
// a random arrival finds, so that the mean holds from the first gap on.
func newMMPP(a ArrivalSpec, random *rand.Rand) (Gaps, error) {
	factor := or(a.BurstFactor, defaultBurstFactor)
	share := or(a.BurstShare, defaultBurstShare)
	requests := or(a.BurstRequests, defaultBurstRequests)
	if err := cmp.Or(within("burst_factor", &factor, 1.001, 1e6), within("burst_share", &share, 1e-6, 0.999), within("burst_requests", &requests, 1e-3, 1e9)); err != nil {
		return nil, err
	}
	if factor*share > 1 {
		return nil, fmt.Errorf("burst_factor: %v for a share of %v of the time (their product must be at most 1)", factor, share)
	}
	burst := phase{arrive: factor, leave: factor / requests}
	calm := phase{arrive: (1 - factor*share) / (1 - share), leave: burst.leave * share / (1 - share)}
	m := &mmpp{random: random, phases: [2]phase{calm, burst}}
	if random.Float64() < factor*share {
		m.now = 1
	}
	return m, nil
}

func init() {
	for _, name := range []string{"bursty", "mmpp"} {
		RegisterArrivals(ArrivalProcess{
			Name:        name,
			Description: "Poisson with bursts of burst_factor, burst_share, burst_requests (default: as the source was recorded, or 5, 0.1, 50)",
			Keys:        []string{"rate", "burst_factor", "burst_share", "burst_requests"},
			New:         newMMPP,
		})
	}
}
