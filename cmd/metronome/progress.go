package main

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"metronome/metrics"
)

// A progress is a recorder that shows on a terminal how many requests are done with.
// Several engines may share it.
type progress struct {
	bar   *progressbar.ProgressBar
	start time.Time
	done  atomic.Int64
}

// Work that takes less time than patience shows no bar; and the clock is looked
// at once in a number of requests.
const (
	patience    = time.Second
	betweenLook = 512
)

// newProgress returns a progress over a number of requests, or nil if nobody
// would see it.
func newProgress(stderr io.Writer, requests int) *progress {
	if !isTerminal(stderr) {
		return nil
	}
	bar := progressbar.NewOptions(requests, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("requests"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(false), progressbar.OptionThrottle(100*time.Millisecond))
	bar.StartWithoutRender()
	return &progress{bar: bar, start: time.Now()}
}

// Iteration implements metrics.Recorder.
func (p *progress) Iteration(*metrics.Iteration) {}

// Finished implements metrics.Recorder.
func (p *progress) Finished(*metrics.Completion) {
	if done := p.done.Add(1); done%betweenLook == 0 && time.Since(p.start) > patience {
		p.bar.Set64(done)
	}
}

// Part implements metrics.Divisible.
func (p *progress) Part() metrics.Recorder { return p }

// Join implements metrics.Divisible.
func (p *progress) Join(metrics.Recorder) {}

// end takes the bar away.
func (p *progress) end() {
	if p != nil && time.Since(p.start) > patience {
		p.bar.Finish()
	}
}

// isTerminal reports whether people read what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
