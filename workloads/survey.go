package workloads

import "time"

// A Survey tells what a workload will ask for.
type Survey struct {
	Requests int  // that arrive; at most, in a closed loop with a duration
	Counted  bool // false if a closed loop is bounded by time alone: the figures are of its first requests

	PromptTokens, OutputTokens   int // of all requests
	LongestPrompt, LongestOutput int
	LongestTotal                 int // prompt and reply of one request

	Span time.Duration // from the first arrival to the last; 0 in a closed loop

	Tenants map[string]int // requests of each, nil where none is named
	Classes map[string]int // likewise

	TraceFile string // path of the trace, "" if there is none
	SHA256    string // of that file, in hex
	Skipped   int    // rows dropped for a length of 0
}

// uncounted is how many requests stand for a closed loop without a count.
const uncounted = 1 << 16

// Survey draws all requests once. It costs what drawing costs, and no memory.
func (w *Workload) Survey() (Survey, error) {
	source, err := w.Source()
	if err != nil {
		return Survey{}, err
	}
	s := w.describe()
	_, looped := source.(*loop)
	s.Counted = !looped || w.spec.Duration == nil || w.spec.Requests != nil
	talks, _ := source.(*sessions)
	for r, ok := source.Next(); ok; r, ok = source.Next() {
		s.add(r)
		for talks != nil && ok {
			if r, ok = talks.FollowUp(r, r.Arrival); ok {
				s.add(r)
			}
		}
	}
	if c, ok := source.(*loop); ok {
		s.follow(c)
	}
	return s, failure(source)
}

// follow draws what the users of a loop send after their first requests.
func (s *Survey) follow(c *loop) {
	c.think = 0
	for s.Counted || s.Requests < uncounted {
		r, ok := c.FollowUp(Request{}, 0)
		if !ok {
			return
		}
		s.add(r)
	}
}

func (s *Survey) add(r Request) {
	s.Requests++
	s.PromptTokens += r.PromptTokens
	s.OutputTokens += r.OutputTokens
	s.LongestPrompt = max(s.LongestPrompt, r.PromptTokens)
	s.LongestOutput = max(s.LongestOutput, r.OutputTokens)
	s.LongestTotal = max(s.LongestTotal, r.PromptTokens+r.OutputTokens)
	s.Span = r.Arrival
	count(&s.Tenants, r.Tenant, 1)
	count(&s.Classes, r.Class, 1)
}

// count counts requests under a name, if they have one.
func count(of *map[string]int, name string, requests int) {
	if name == "" {
		return
	}
	if *of == nil {
		*of = map[string]int{}
	}
	(*of)[name] += requests
}

// MeanPrompt returns the mean prompt tokens of a request.
func (s Survey) MeanPrompt() float64 { return float64(s.PromptTokens) / float64(max(1, s.Requests)) }

// MeanOutput returns the mean output tokens of a request.
func (s Survey) MeanOutput() float64 { return float64(s.OutputTokens) / float64(max(1, s.Requests)) }

// failure returns why a source ended early, if it did.
func failure(s Source) error {
	if f, ok := s.(interface{ Err() error }); ok {
		return f.Err()
	}
	return nil
}
