package live

import (
	"io"
	"strings"
	"testing"
)

func TestAPulseCountsTheStreamsThatHaveBegun(t *testing.T) {
	p := NewPulse()
	silent := &felt{Reader: strings.NewReader(""), pulse: p}
	io.ReadAll(silent)
	start := p.Last()
	if p.Streaming() != 0 || start != p.start {
		t.Errorf("%d streams and a beat at %v before anything was read", p.Streaming(), start)
	}
	one, two := &felt{Reader: strings.NewReader("data: 1\n"), pulse: p}, &felt{Reader: strings.NewReader("data: 2\n"), pulse: p}
	one.Read(make([]byte, 4))
	one.Read(make([]byte, 4))
	two.Read(make([]byte, 4))
	if p.Streaming() != 2 || !p.Last().After(start) {
		t.Errorf("%d streams (must be 2), and a beat at %v (must be after %v)", p.Streaming(), p.Last(), start)
	}
	silent.letGo()
	one.letGo()
	if p.Streaming() != 1 {
		t.Errorf("%d streams (must be 1)", p.Streaming())
	}
}
