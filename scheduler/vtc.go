package scheduler

import "slices"

func init() {
	Register(Kind{
		Prefixes: true, Imports: true, Async: true,
		Name: "vtc", Doc: "virtual token counter over vLLM V1 batching: next comes the tenant that was served least for its weight",
		New: func(l Limits) Policy {
			p := &VTC{VLLM: VLLM{Limits: l, Chunked: true}, Lift: true, tenants: map[string]*counter{}}
			p.Waiting = p
			return p
		},
	})
}

// VTC is the virtual token counter (arXiv 2401.00588, algorithms 2 and 3) in place
// of the line of vLLM V1: it admits from the tenant with the least counter, which
// is its service over its weight. A prompt token counts as 1 when its sequence is
// first admitted, an output token as 2 when it is produced. A tenant that comes
// back has its counter lifted to the least of those that wait, so that it has no
// claim on what it did not ask for.
//
// Every replica counts what it serves of the sequences that it admitted. Looking
// for the next one costs O(tenants that wait).
type VTC struct {
	VLLM
	Lift bool `toml:"lift"` // false: a tenant that comes back is served first until it has caught up

	tenants map[string]*counter
	queued  []*counter // of the tenants with a sequence that waits, and some without
	latest  *counter   // of the tenant that was last admitted from
	batch   *Batch     // nil before the first plan
}

// Service of a token, as in VTC.
const (
	promptService = 1
	outputService = 2
)

// A counter is what a replica keeps of a tenant.
type counter struct {
	weight  float64
	waiting FIFO
	prompts int // tokens of the prompts that were admitted
	outputs Tally
	lifted  float64 // by how much, in all
}

// value returns the virtual counter. Counts are exact, so that rounding does not
// add up over a run.
func (c *counter) value(b *Batch) float64 {
	return c.lifted + float64(promptService*c.prompts+outputService*c.outputs.Tokens(b))/c.weight
}

// Schedule implements Policy.
func (p *VTC) Schedule(b *Batch) {
	p.batch = b
	p.VLLM.Schedule(b)
}

// Push implements Line.
func (p *VTC) Push(s *Sequence) {
	c := p.counter(s.Tenant)
	s.Tally = &c.outputs
	if c.waiting.Front() == nil {
		p.lift(c)
		if !slices.Contains(p.queued, c) {
			p.queued = append(p.queued, c)
		}
	}
	c.waiting.Push(s)
}

func (p *VTC) counter(tenant string) *counter {
	c := p.tenants[tenant]
	if c == nil {
		c = &counter{weight: 1}
		if w := p.Weights[tenant]; w > 0 {
			c.weight = w
		}
		p.tenants[tenant] = c
	}
	return c
}

// lift raises the counter of a tenant that had nothing waiting to the least of
// those that wait or, if none does, to that of the tenant last admitted from.
func (p *VTC) lift(c *counter) {
	level := p.least()
	if level == nil {
		level = p.latest
	}
	if p.Lift && level != nil {
		c.lifted += max(0, level.value(p.batch)-c.value(p.batch))
	}
}

// least returns the counter of the tenant to admit from next: the least, or of
// equal ones that of the sequence that arrived first. It is nil if none waits.
func (p *VTC) least() (least *counter) {
	p.queued = slices.DeleteFunc(p.queued, func(c *counter) bool { return c.waiting.Front() == nil })
	var lowest float64
	for _, c := range p.queued {
		v := c.value(p.batch)
		if least == nil || v < lowest || v == lowest && c.waiting.Front().ID < least.waiting.Front().ID {
			least, lowest = c, v
		}
	}
	return least
}

// Front implements Line.
func (p *VTC) Front() *Sequence {
	if c := p.least(); c != nil {
		return c.waiting.Front()
	}
	return nil
}

// Pop implements Line.
func (p *VTC) Pop() *Sequence {
	p.latest = p.least()
	s := p.latest.waiting.Pop()
	if s.Preemptions == 0 {
		p.latest.prompts += s.PromptTokens
	}
	return s
}
