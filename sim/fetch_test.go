package sim

import (
	"fmt"
	"slices"
	"time"

	"metronome/workloads"
)

// An offloaded tier is what the oracle knows of the memory of the host.
type offloaded struct {
	names   []string   // of its blocks, the least recently used first
	coming  []*visited // whose blocks are on their way, in order
	begun   []*visited // likewise, since the latest plan
	holding []*visited // that hold blocks without running
	ends    map[*visited]time.Duration
	busy    time.Duration // until then it sends what was asked before
}

// hostNames returns what names the first blocks of s on the host.
func (o *oracle) hostNames(s *visited, blocks int) (names []string) {
	for i := range blocks {
		stream := s.stream((i+1)*o.BlockSize - 1)
		if stream == "" {
			stream = fmt.Sprint("reply to ", s.ID)
		}
		names = append(names, fmt.Sprint(stream, " block ", i))
	}
	return names
}

// offload copies the blocks that the first tokens of s fill.
func (o *oracle) offload(s *visited, tokens int) {
	full := tokens / o.BlockSize
	if full <= s.stored || full-s.stored > o.Host {
		return
	}
	names := o.hostNames(s, full)
	for _, name := range names[s.stored:] {
		if slices.Contains(o.names, name) {
			continue
		}
		if len(o.names) == o.Host {
			o.names = o.names[1:]
		}
		o.names = append(o.names, name)
	}
	for _, name := range slices.Backward(names) {
		if i := slices.Index(o.names, name); i >= 0 {
			o.names = append(slices.Delete(o.names, i, i+1), name)
		}
	}
	s.stored = full
}

// onHost returns how many tokens of s, which was matched, the host has beyond them.
func (o *oracle) onHost(s *visited) (tokens int) {
	if s.fetched {
		return 0
	}
	for i := len(s.pages); (i+1)*o.BlockSize < s.target && o.name(s, i) != "" && slices.Contains(o.names, o.name(s, i)); i++ {
		tokens += o.BlockSize
	}
	return tokens
}

// fetch lets the front of the line wait for so many tokens from the host.
func (o *oracle) fetch(s *visited, tokens int) {
	o.waiting = o.waiting[1:]
	o.refer(s)
	o.take(s, s.cached+tokens)
	s.fetched, s.coming = true, tokens
	o.begun, o.holding = append(o.begun, s), append(o.holding, s)
}

func (o *oracle) beginFetches() {
	for _, s := range o.begun {
		o.busy = max(o.busy, o.now) + time.Duration(float64(s.coming)*o.Fetch.Seconds()*1e9)
		if o.ends == nil {
			o.ends = map[*visited]time.Duration{}
		}
		o.ends[s] = o.busy
		o.coming = append(o.coming, s)
	}
	o.begun = nil
}

// endFetches lets those wait in line again whose blocks are there.
func (o *oracle) endFetches() {
	var there []*visited
	for len(o.coming) > 0 && o.ends[o.coming[0]] <= o.now {
		there, o.coming = append(there, o.coming[0]), o.coming[1:]
	}
	for _, s := range slices.Backward(there) {
		s.cached += s.coming
		s.coming = 0
		o.remember(s, s.cached)
		o.wait(s)
	}
}

// yield takes away what those hold that wait in line, but for s.
func (o *oracle) yield(s *visited) (any bool) {
	for _, h := range slices.Clone(o.holding) {
		if h != s && h.coming == 0 {
			o.holding = slices.DeleteFunc(o.holding, func(o *visited) bool { return o == h })
			o.give(h.pages)
			h.pages, h.cached, h.fetched = nil, 0, false
			any = true
		}
	}
	return any
}

// nextEvent returns when something happens next to an engine that has nothing to do.
func (o *oracle) nextEvent(coming []workloads.Request) time.Duration {
	next := Never
	if len(coming) > 0 {
		next = coming[0].Arrival
	}
	for _, s := range o.coming {
		next = min(next, o.ends[s])
	}
	for _, s := range slices.Concat(o.arrived, o.waiting, o.coming) {
		if o.Timeout > 0 && s.Arrival+o.Timeout > o.now {
			next = min(next, s.Arrival+o.Timeout)
		}
	}
	return next
}
