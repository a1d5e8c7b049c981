package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A runsBar shows on a terminal how much of a study is done, how fast it goes and
// when it will be over. It serves several goroutines; a nil bar shows nothing.
type runsBar struct {
	lock  sync.Mutex
	bar   *progressbar.ProgressBar
	start time.Time
	done  int
}

// bar returns a bar over a number of things, -1 if nobody can tell, or nil if nobody
// would see it.
func (f *runFlags) bar(stderr io.Writer, n int, things string) *runsBar {
	file, ok := stderr.(*os.File)
	if f.quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	b := progressbar.NewOptions(n, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription(things),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(false), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0))
	b.StartWithoutRender()
	return &runsBar{bar: b, start: time.Now()}
}

// add shows that n more are done.
func (b *runsBar) add(n int) {
	if b == nil {
		return
	}
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.done += n; time.Since(b.start) > patience {
		b.bar.Set(b.done)
	}
}

// end takes the bar away.
func (b *runsBar) end() {
	if b != nil && time.Since(b.start) > patience {
		b.bar.Finish()
	}
}
