package metrics

import (
	"slices"
	"time"
)

// largest keeps the k greatest of the durations it is shown, in a heap with the
// least on top. What is kept does not depend on the order.
type largest struct {
	k    int
	heap []time.Duration
}

// bound returns the duration that another must exceed to be kept, below 0 while
// there is room.
func (l *largest) bound() time.Duration {
	if len(l.heap) < l.k {
		return -1
	}
	return l.heap[0]
}

func (l *largest) add(d time.Duration) {
	switch {
	case len(l.heap) < l.k:
		l.heap = append(l.heap, d)
		l.up(len(l.heap) - 1)
	case d > l.heap[0]:
		l.heap[0] = d
		l.down()
	}
}

func (l *largest) up(i int) {
	h := l.heap
	for i > 0 && h[i] < h[(i-1)/2] {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
}

func (l *largest) down() {
	h := l.heap
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c < len(h) && c <= 2*i+2; c++ {
			if h[c] < h[least] {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (l *largest) merge(o *largest) {
	for _, d := range o.heap {
		l.add(d)
	}
}

// descending returns what is kept, the greatest first.
func (l *largest) descending() []time.Duration {
	d := slices.Sorted(slices.Values(l.heap))
	slices.Reverse(d)
	return d
}
