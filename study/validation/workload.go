package validation

import (
	"time"

	"metronome/workloads"
)

// Of n tokens that the recorded generator was asked for, its texts have so many
// more for the engine: between 1.044 and 1.062 times as many where both are known.
const generated = 1.047

// stagePause is the time between the last reply of a stage and the next stage.
const stagePause = 2500 * time.Millisecond

// plan returns the requests of an experiment whose arrivals were not recorded.
// Gaps are exponential, and stretched so that those of a stage span it exactly. A
// stage starts once the clients have given up on the one before: what is idle
// until then changes no latency.
func plan(x *Experiment, promptTokens int, seed uint64) (all []request) {
	random := workloads.Stream(seed, "arrivals")
	start := time.Duration(0)
	for i, s := range x.Stages {
		n := max(1, int(s.Rate*s.Duration.Seconds()+0.5))
		times, sum := make([]float64, n), 0.0
		for j := range times {
			sum += random.ExpFloat64()
			times[j] = sum
		}
		for _, t := range times {
			r := request{stage: i, prompt: -1, promptTokens: promptTokens, outputTokens: x.OutputTokens}
			r.arrival = start + time.Duration(float64(s.Duration)*t/sum)
			if x.UniquePrompts > 0 {
				r.prompt = len(all) % x.UniquePrompts
			}
			all = append(all, r)
		}
		start += s.Duration + x.Timeout + stagePause
	}
	return all
}

// A playback yields requests as they arrive.
type playback struct {
	requests []request
	prefixes map[int]*workloads.Prefix // by prompt
	sharing  Sharing
	next     int
}

// Next implements workloads.Source.
func (p *playback) Next() (workloads.Request, bool) {
	if p.next == len(p.requests) {
		return workloads.Request{}, false
	}
	q := &p.requests[p.next]
	r := workloads.Request{ID: p.next, Arrival: q.arrival, PromptTokens: q.promptTokens, OutputTokens: q.outputTokens}
	if q.prompt >= 0 {
		r.Prefix = p.prefix(q.prompt, q.promptTokens)
	}
	p.next++
	return r, true
}

// prefix names the tokens of a prompt, which begins with those that its group shares.
func (p *playback) prefix(prompt, tokens int) *workloads.Prefix {
	if known := p.prefixes[prompt]; known != nil {
		return known
	}
	x := new(workloads.Prefix)
	own := workloads.Segment{Stream: uint64(prompt) + 1, Tokens: tokens}
	if s := p.sharing; s.PerGroup > 0 && s.Tokens < tokens {
		own.Tokens -= s.Tokens
		x.Segments = append(x.Segments, workloads.Segment{Stream: 1<<32 | uint64(prompt/s.PerGroup), Tokens: s.Tokens})
	}
	x.Segments = append(x.Segments, own)
	p.prefixes[prompt] = x
	return x
}

// A loop is a closed loop: as many requests as there are clients arrive at once,
// and each reply lets another one follow.
type loop struct {
	requests []request
	clients  int
	next     int
}

// perClient is how many requests the recorded clients sent each.
const perClient = 10

// newLoop draws the requests of a point.
func newLoop(p *Point, seed uint64) *loop {
	prompt, output := workloads.Stream(seed, "prompt"), workloads.Stream(seed, "output")
	l := &loop{requests: make([]request, perClient*p.Concurrency), clients: p.Concurrency}
	for i := range l.requests {
		l.requests[i] = request{
			prompt:       -1,
			promptTokens: draw(prompt.Float64(), p.Shortest, p.Input),
			outputTokens: draw(output.Float64(), p.Shortest, p.Output),
		}
	}
	return l
}

// draw returns the whole number at a share u of those from shortest to longest.
func draw(u, shortest float64, longest int) int {
	least := int(shortest * float64(longest))
	return least + int(u*float64(longest-least+1))
}

// Next implements workloads.Source.
func (l *loop) Next() (workloads.Request, bool) {
	if l.next == min(l.clients, len(l.requests)) {
		return workloads.Request{}, false
	}
	return l.issue(0), true
}

// FollowUp implements workloads.Conversation.
func (l *loop) FollowUp(_ workloads.Request, now time.Duration) (workloads.Request, bool) {
	if l.next == len(l.requests) {
		return workloads.Request{}, false
	}
	return l.issue(now), true
}

func (l *loop) issue(now time.Duration) workloads.Request {
	q := &l.requests[l.next]
	q.arrival = now
	l.next++
	return workloads.Request{ID: l.next - 1, Arrival: now, PromptTokens: q.promptTokens, OutputTokens: q.outputTokens}
}
