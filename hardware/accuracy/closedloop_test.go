package accuracy

import (
	"time"

	"metronome/hardware"
)

// A closedLoop is a number of clients that each send their next request when the
// last is done, on one replica with the batching of vLLM V1.
type closedLoop struct {
	cost        hardware.CostModel
	capacity    int // positions in the KV cache
	budget      int // tokens per iteration
	concurrency int
	requests    int
	prompt      func(i int) int
	output      func(i int) int
}

type client struct {
	prompt, output      int
	computed, generated int
	first               time.Duration
}

// meanTPOT returns the mean over requests of the time per output token.
func (l *closedLoop) meanTPOT() time.Duration {
	var running, waiting []*client
	issued, done := 0, 0
	used := 0
	var now, sum time.Duration
	issue := func() {
		if issued < l.requests {
			waiting = append(waiting, &client{prompt: l.prompt(issued), output: l.output(issued)})
			issued++
		}
	}
	for range l.concurrency {
		issue()
	}
	for done < l.requests {
		var s hardware.Shape
		budget := l.budget
		for _, c := range running {
			if c.computed >= c.prompt {
				s.Decodes++
				s.DecodeContext += c.computed
				c.computed++
				used++
				budget--
			}
		}
		preempted := false
		for used > l.capacity {
			c := running[len(running)-1]
			running = running[:len(running)-1]
			if c.computed > c.prompt {
				s.Decodes--
				s.DecodeContext -= c.computed - 1
				budget++
				c.computed--
				used--
				c.generated += c.computed - c.prompt
			}
			used -= max(c.computed, c.prompt)
			if c.computed >= c.prompt {
				c.prompt = c.computed
			}
			c.computed = 0
			waiting = append([]*client{c}, waiting...)
			preempted = true
		}
		var prefilled []*client
		chunk := func(c *client) {
			n := min(budget, c.prompt-c.computed)
			s.Chunk(n, c.computed)
			c.computed += n
			budget -= n
			if c.computed == c.prompt {
				prefilled = append(prefilled, c)
			}
		}
		for _, c := range running {
			if c.computed < c.prompt && budget > 0 {
				chunk(c)
			}
		}
		for len(waiting) > 0 && budget > 0 && used+waiting[0].prompt <= l.capacity && !preempted {
			c := waiting[0]
			waiting = waiting[1:]
			running = append(running, c)
			used += c.prompt
			chunk(c)
		}
		now += l.cost.IterationTime(s)
		for _, c := range prefilled {
			if c.first == 0 {
				c.first = now
			} else {
				c.generated++
			}
		}
		kept := running[:0]
		for _, c := range running {
			if c.generated+c.computed-c.prompt < c.output-1 {
				kept = append(kept, c)
				continue
			}
			done++
			used -= c.computed
			sum += (now - c.first) / time.Duration(c.output-1)
			issue()
		}
		running = kept
	}
	return sum / time.Duration(l.requests)
}
