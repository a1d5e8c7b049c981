package metrics

import "time"

// A Tee is a recorder that shows everything to several, to each what it observes.
type Tee []Recorder

// Iteration implements Recorder.
func (t Tee) Iteration(it *Iteration) {
	for _, r := range t {
		r.Iteration(it)
	}
}

// Finished implements Recorder.
func (t Tee) Finished(c *Completion) {
	for _, r := range t {
		r.Finished(c)
	}
}

// Transfer implements TransferObserver.
func (t Tee) Transfer(x *Transfer) {
	for _, r := range t {
		if o, ok := r.(TransferObserver); ok {
			o.Transfer(x)
		}
	}
}

// Standing implements StandingObserver.
func (t Tee) Standing(x *Standing) {
	for _, r := range t {
		if o, ok := r.(StandingObserver); ok {
			o.Standing(x)
		}
	}
}

// Fleet implements FleetObserver.
func (t Tee) Fleet(at time.Duration, pool, delta int) {
	for _, r := range t {
		if o, ok := r.(FleetObserver); ok {
			o.Fleet(at, pool, delta)
		}
	}
}
