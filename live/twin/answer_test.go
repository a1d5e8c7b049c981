package twin

import (
	"io"
	"math"
	"net/http"
	"testing"
)

// nowhere takes whatever is written.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (n nowhere) WriteHeader(int)             {}
func (n nowhere) Flush()                      {}

// newAnswer returns a stream that goes nowhere and does not end.
func newAnswer() *answer {
	w := nowhere{http.Header{}}
	s := &Server{options: Options{Stamp: true}, model: []byte(`"m"`)}
	s.options.Patience.complete()
	s.options.Patience.Write = math.MaxInt64 / 4
	return &answer{server: s, stream: new(stream), request: &completionRequest{Stream: true}, format: chatFormat, w: w, control: http.NewResponseController(w)}
}

func TestEventsAreWrittenWithoutAllocation(t *testing.T) {
	a := newAnswer()
	a.events(1, false)
	if n := testing.AllocsPerRun(100, func() { a.events(a.sent+1, false) }); n != 0 {
		t.Errorf("%v allocations for an event", n)
	}
}

// BenchmarkAnswer writes an event each time, but for what net/http and the kernel do.
func BenchmarkAnswer(b *testing.B) {
	a := newAnswer()
	b.ReportAllocs()
	for b.Loop() {
		a.events(a.sent+1, false)
	}
}
