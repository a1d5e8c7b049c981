package metrics

import (
	"math/bits"
	"time"
)

// A timeline cuts a run into at most timelineWindows windows, whose width is a
// millisecond doubled as often as the run asks for. What is added is split at
// window edges by rounding down what came before them, so that the amounts of two
// windows add up to that of the window twice as wide: the order in which a
// timeline grows, and is merged, leaves no trace.
type timeline struct {
	doublings uint
	lanes     []*lane
}

const timelineWindows = 1024

// A lane is one tenant's part of a timeline.
type lane struct {
	service [timelineWindows]int64 // weighted tokens
	waiting [timelineWindows]int64 // request-nanoseconds in queue, less those in queued

	// queued is how many more requests are in queue all through a window than through
	// the one before: a long wait costs no more than a short one.
	queued [timelineWindows]int64
}

func (t *timeline) width() time.Duration { return time.Millisecond << t.doublings }

// lane adds a lane.
func (t *timeline) lane() *lane {
	l := new(lane)
	t.lanes = append(t.lanes, l)
	return l
}

// reach widens the windows until they reach past a time.
func (t *timeline) reach(end time.Duration) {
	for end/t.width() >= timelineWindows {
		for _, l := range t.lanes {
			l.settle(t.width())
			fold(&l.service)
			fold(&l.waiting)
		}
		t.doublings++
	}
}

// wait adds a wait from one time to another, which is within reach.
func (t *timeline) wait(l *lane, from, to time.Duration) {
	width := t.width()
	i, last := from/width, to/width
	if i == last {
		l.waiting[i] += int64(to - from)
		return
	}
	l.waiting[i] += int64((i+1)*width - from)
	l.waiting[last] += int64(to - last*width)
	l.queued[i+1]++
	l.queued[last]--
}

// settle moves what is in queued to waiting.
func (l *lane) settle(width time.Duration) {
	through := int64(0)
	for i, more := range l.queued {
		through += more
		l.waiting[i] += through * int64(width)
	}
	clear(l.queued[:])
}

// align gives two timelines windows of the same width.
func (t *timeline) align(o *timeline) {
	for t.doublings < o.doublings {
		t.reach(t.width() * timelineWindows)
	}
	for o.doublings < t.doublings {
		o.reach(o.width() * timelineWindows)
	}
}

func fold(w *[timelineWindows]int64) {
	for i := range timelineWindows / 2 {
		w[i] = w[2*i] + w[2*i+1]
	}
	clear(w[timelineWindows/2:])
}

func (l *lane) merge(o *lane) {
	for i := range l.service {
		l.service[i] += o.service[i]
		l.waiting[i] += o.waiting[i]
		l.queued[i] += o.queued[i]
	}
}

// spread adds an amount evenly from one time to another, which is within reach.
// What one window rounds down is carried to the next.
func (t *timeline) spread(w *[timelineWindows]int64, from, to time.Duration, amount int64) {
	width, length := t.width(), to-from
	i, last := from/width, to/width
	left := amount
	if i < last {
		part, carry := divide(amount, (i+1)*width-from, length)
		w[i] += part
		left -= part
		if i+1 < last {
			whole, rest := divide(amount, width, length)
			for i++; i < last; i++ {
				part = whole
				if carry += rest; carry >= length {
					carry -= length
					part++
				}
				w[i] += part
				left -= part
			}
		}
	}
	w[last] += left
}

// divide returns amount·part/whole and its remainder, where part is at most whole.
func divide(amount int64, part, whole time.Duration) (int64, time.Duration) {
	hi, lo := bits.Mul64(uint64(amount), uint64(part))
	q, rem := bits.Div64(hi, lo, uint64(whole))
	return int64(q), time.Duration(rem)
}

// largestGap returns the greatest difference of the service over weight that two
// tenants got over any stretch of windows in each of which both had requests in
// queue all the time: one on average, or more.
func (t *timeline) largestGap(a, b *tenant) (most float64) {
	a.lane.settle(t.width())
	b.lane.settle(t.width())
	width := int64(t.width())
	ahead, behind := 0.0, 0.0
	for i := range a.lane.service {
		if a.lane.waiting[i] < width || b.lane.waiting[i] < width {
			ahead, behind = 0, 0
			continue
		}
		d := float64(a.lane.service[i])/a.weight - float64(b.lane.service[i])/b.weight
		ahead, behind = max(0, ahead+d), max(0, behind-d)
		most = max(most, ahead, behind)
	}
	return most
}
