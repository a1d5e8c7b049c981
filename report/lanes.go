package report

import (
	"fmt"

	"metronome/metrics"
)

// lanes draws what the lanes of replicas do.
type lanes struct {
	*trace
	of map[[2]int]lane // by replica and number
}

// A lane has a track of iterations, and of what it counts.
type lane struct{ iterations, running, waiting, blocks int }

// lane returns the tracks of an iteration, which are made when first needed.
func (l *lanes) lane(it *metrics.Iteration) lane {
	key := [2]int{it.Replica, it.Lane}
	if t, ok := l.of[key]; ok {
		return t
	}
	group := l.group(fmt.Sprintf("replica %d, lane %d", it.Replica, it.Lane))
	t := lane{
		l.child(group, "iterations"), l.counter(group, "running requests"),
		l.counter(group, "waiting requests"), l.counter(group, "KV blocks in use"),
	}
	l.of[key] = t
	return t
}

func (l *lanes) draw(it *metrics.Iteration) {
	t, s := l.lane(it), it.Shape
	name := fmt.Sprintf("%d decodes", s.Decodes)
	if s.Prefills > 0 {
		name += fmt.Sprintf(" + %d prompt tokens", s.PrefillTokens)
	}
	l.slice(t.iterations, it.Start, it.End, name,
		annotation{name: "chunks", number: int64(s.Prefills)}, annotation{name: "prompt tokens", number: int64(s.PrefillTokens)},
		annotation{name: "decodes", number: int64(s.Decodes)}, annotation{name: "decode context", number: int64(s.DecodeContext)},
		annotation{name: "KV blocks", number: int64(it.UsedBlocks)}, annotation{name: "preemptions", number: int64(it.Preemptions)})
	if it.Preemptions > 0 {
		l.instant(t.iterations, it.Start, fmt.Sprintf("%d preempted", it.Preemptions))
	}
	l.count(t.running, it.Start, it.Running)
	l.count(t.waiting, it.Start, it.Waiting)
	l.count(t.blocks, it.Start, it.UsedBlocks)
}
