package report

import (
	"time"

	"metronome/metrics"
)

// A load sums what goes on over windows of a run. Windows get twice as wide
// whenever there would be too many of them.
type load struct {
	width   time.Duration
	end     time.Duration // of the last iteration
	windows []window
}

// A window holds sums over its iterations, each times their nanoseconds in it.
type window struct {
	running, waiting int64
	used, all        metrics.Sum // KV blocks of the replicas that run
	energy           int64       // microjoules
}

const (
	firstWidth  = 10 * time.Millisecond
	mostWindows = 400
)

// add adds an iteration to the windows that it lies in.
func (l *load) add(it *metrics.Iteration, energy int64) {
	for it.End/l.width >= mostWindows {
		l.widen()
	}
	for int(it.End/l.width) >= len(l.windows) {
		l.windows = append(l.windows, window{})
	}
	l.end = max(l.end, it.End)
	spent := int64(0) // of the energy
	for from := it.Start; from < it.End; {
		i := from / l.width
		to := min(it.End, (i+1)*l.width)
		part := int64(to - from)
		w := &l.windows[i]
		w.running += int64(it.Running) * part
		w.waiting += int64(it.Waiting) * part
		w.used.Add(int64(it.UsedBlocks), part)
		w.all.Add(int64(it.TotalBlocks), part)
		by := int64(float64(energy) * (float64(to-it.Start) / float64(it.End-it.Start)))
		w.energy += by - spent // the sum of parts is the same however wide the windows are
		from, spent = to, by
	}
}

// merge adds what another load has summed, which is of no use then.
func (l *load) merge(o *load) {
	for l.width < o.width {
		l.widen()
	}
	for o.width < l.width {
		o.widen()
	}
	l.end = max(l.end, o.end)
	for len(l.windows) < len(o.windows) {
		l.windows = append(l.windows, window{})
	}
	for i := range o.windows {
		l.windows[i].add(&o.windows[i])
	}
}

func (w *window) add(o *window) {
	w.running += o.running
	w.waiting += o.waiting
	w.used.Merge(o.used)
	w.all.Merge(o.all)
	w.energy += o.energy
}

// widen joins windows two by two.
func (l *load) widen() {
	l.width *= 2
	half := (len(l.windows) + 1) / 2
	for i := range half {
		w := l.windows[2*i]
		if 2*i+1 < len(l.windows) {
			w.add(&l.windows[2*i+1])
		}
		l.windows[i] = w
	}
	l.windows = l.windows[:half]
}

// over draws a figure of each window, which lasts from one time to another, as a step.
func (l *load) over(name string, of func(w window, from, to time.Duration) float64) Series {
	s := Series{Name: name, Mark: Steps}
	for i, w := range l.windows {
		from := time.Duration(i) * l.width
		if from == l.end { // that of an end on the edge, in which nothing is
			break
		}
		s.Add(from.Seconds(), of(w, from, min(from+l.width, l.end)))
	}
	if n := len(s.Y); n > 0 {
		s.Add(l.end.Seconds(), s.Y[n-1])
	}
	return s
}
