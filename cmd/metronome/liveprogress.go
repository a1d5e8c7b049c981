package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"metronome/metrics"
)

// A liveProgress shows on a terminal how a live run goes. Nil shows nothing.
type liveProgress struct {
	out  io.Writer
	stop chan struct{}

	mu                 sync.Mutex
	sent, done, failed int
	ttft, tbt          metrics.Histogram
}

const betweenLines = 500 * time.Millisecond

// progress returns a progress that is shown already, or nil if nobody would see it.
func (m *measurement) progress() *liveProgress {
	f, ok := m.stderr.(*os.File)
	if m.quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	p := &liveProgress{out: f, stop: make(chan struct{})}
	go func() {
		tick := time.NewTicker(betweenLines)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(p.out, "\r\x1b[K%s", p.line())
			case <-p.stop:
				return
			}
		}
	}()
	return p
}

func (p *liveProgress) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%d sent, %d in flight, %d done, %d failed", p.sent, p.sent-p.done-p.failed, p.done, p.failed)
	for _, h := range []struct {
		name string
		*metrics.Histogram
	}{{"TTFT", &p.ttft}, {"TBT", &p.tbt}} {
		if h.Count() > 0 {
			text += fmt.Sprintf("; %s %.0f/%.0f", h.name,
				h.Percentile(metrics.Ratio{Num: 1, Den: 2})/1e6, h.Percentile(metrics.Ratio{Num: 99, Den: 100})/1e6)
		}
	}
	return text + " ms"
}

// sending counts a request that is sent.
func (p *liveProgress) sending() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
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
