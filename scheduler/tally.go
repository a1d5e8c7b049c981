package scheduler

// A Tally counts the output tokens of some sequences of a batch, such as those
// of a tenant. It costs O(1) when one of them starts or stops decoding, and
// nothing in between. Its zero value has counted none.
type Tally struct {
	tokens   int // up to a step
	step     int
	decoding int // sequences
}

// Tokens returns the output tokens that were produced up to now.
func (t *Tally) Tokens(b *Batch) int {
	if t.decoding == 0 {
		return t.tokens
	}
	return t.tokens + t.decoding*(b.step-t.step)
}

// join counts a sequence that decodes from a step on.
func (t *Tally) join(step int) {
	t.settle(step)
	t.decoding++
}

// leave counts a sequence that has decoded up to a step.
func (t *Tally) leave(step int) {
	t.settle(step)
	t.decoding--
}

func (t *Tally) settle(step int) {
	t.tokens += t.decoding * (step - t.step)
	t.step = step
}
