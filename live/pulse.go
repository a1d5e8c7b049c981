package live

import (
	"io"
	"sync/atomic"
	"time"
)

// A Pulse tells of the streams of a session while they are read. Any goroutine may ask.
type Pulse struct {
	start     time.Time
	last      atomic.Int64 // nanoseconds after start
	streaming atomic.Int64
}

// NewPulse returns the pulse of a session that begins.
func NewPulse() *Pulse { return &Pulse{start: time.Now()} }

// Streaming returns how many streams have begun and not ended.
func (p *Pulse) Streaming() int { return int(p.streaming.Load()) }

// Last returns when anything was last read of any stream; before that, the start.
func (p *Pulse) Last() time.Time { return p.start.Add(time.Duration(p.last.Load())) }

// A felt reader tells a pulse what is read, until it is let go.
type felt struct {
	io.Reader
	pulse *Pulse
	begun bool
}

func (f *felt) Read(into []byte) (int, error) {
	n, err := f.Reader.Read(into)
	if n > 0 {
		f.pulse.last.Store(int64(time.Since(f.pulse.start)))
		if !f.begun {
			f.begun = true
			f.pulse.streaming.Add(1)
		}
	}
	return n, err
}

func (f *felt) letGo() {
	if f.begun {
		f.pulse.streaming.Add(-1)
	}
}
