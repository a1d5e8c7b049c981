package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"metronome/live"
	"metronome/metrics"
)

// A liveProgress shows on a terminal how a live run goes. Nil shows nothing.
type liveProgress struct {
	out   io.Writer
	stop  chan struct{}
	pulse *live.Pulse

	mu                 sync.Mutex
	sent, done, failed int
	busy               time.Time // since when requests are in flight
	ttft, tbt          metrics.Histogram
}

const (
	betweenLines = 500 * time.Millisecond
	longSilence  = 2 * time.Second // of all streams, before it is told
)

// progress returns a progress that is shown already, or nil if nobody would see it.
func (m *measurement) progress() *liveProgress {
	f, ok := m.stderr.(*os.File)
	if m.quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	p := &liveProgress{out: f, stop: make(chan struct{}), pulse: live.NewPulse()}
	go func() {
		tick := time.NewTicker(betweenLines)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(p.out, "\r\x1b[K%s", p.line(time.Now()))
			case <-p.stop:
				return
			}
		}
	}()
	return p
}

// line tells how the run goes: of latencies, the median and the P99 of those that are
// done with; of those in flight, how many have begun, and whether nothing comes.
func (p *liveProgress) line(now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%d sent, %d in flight (%d streaming), %d done, %d failed", p.sent, p.inFlight(), p.pulse.Streaming(), p.done, p.failed)
	for _, h := range []struct {
		name string
		*metrics.Histogram
	}{{"TTFT", &p.ttft}, {"TBT", &p.tbt}} {
		if h.Count() > 0 {
			text += fmt.Sprintf("; %s %.0f/%.0f", h.name,
				h.Percentile(metrics.Ratio{Num: 1, Den: 2})/1e6, h.Percentile(metrics.Ratio{Num: 99, Den: 100})/1e6)
		}
	}
	if p.ttft.Count() > 0 {
		text += " ms"
	}
	silence := min(now.Sub(p.pulse.Last()), now.Sub(p.busy))
	if p.inFlight() > 0 && silence >= longSilence {
		text += fmt.Sprintf("; nothing came for %d s", int(silence.Seconds()))
	}
	return text
}

func (p *liveProgress) inFlight() int { return p.sent - p.done - p.failed }

// beats returns what is to be told of streams in flight, or nil.
func (p *liveProgress) beats() *live.Pulse {
	if p == nil {
		return nil
	}
	return p.pulse
}

// sending counts a request that is sent.
func (p *liveProgress) sending() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inFlight() == 0 {
		p.busy = time.Now()
	}
	p.sent++
}

// ended counts a request that is done with.
func (p *liveProgress) ended(c *metrics.Completion) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Outcome != metrics.Finished {
		p.failed++
		return
	}
	p.done++
	p.ttft.Record(c.First() - c.Request.Arrival)
	for i := 1; i < c.Tokens(); i++ {
		p.tbt.Record(c.Token(i) - c.Token(i-1))
	}
}

// end takes the line away.
func (p *liveProgress) end() {
	if p == nil {
		return
	}
	close(p.stop)
	fmt.Fprint(p.out, "\r\x1b[K")
}
