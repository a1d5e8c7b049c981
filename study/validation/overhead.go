package validation

import (
	"time"

	"metronome/hardware"
)

// An Overhead is what an engine takes beside the kernels of an iteration.
type Overhead struct {
	Iteration time.Duration // of every iteration
	Prefill   time.Duration // of every iteration that prefills
	Sequence  time.Duration // of every sequence in it
	Client    time.Duration // that a reply spends outside the engine
}

// defaultClient is what HTTP and the tokeniser take of a reply.
const defaultClient = 9 * time.Millisecond

// over returns a cost model that adds the overhead to the kernels.
func (o Overhead) over(kernels hardware.CostModel) hardware.CostModel { return laden{o, kernels} }

type laden struct {
	Overhead
	kernels hardware.CostModel
}

// IterationTime implements hardware.CostModel.
func (l laden) IterationTime(s hardware.Shape) time.Duration {
	t := l.kernels.IterationTime(s) + l.Iteration + time.Duration(s.Prefills+s.Decodes)*l.Sequence
	if s.Prefills > 0 {
		t += l.Prefill
	}
	return t
}
