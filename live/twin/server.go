// Package twin serves a simulated cluster behind an OpenAI-compatible API, in real or
// scaled time: a digital twin to test clients, gateways and autoscalers with, without
// a GPU. Its text means nothing; when it comes is what the simulator says.
package twin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"metronome/metrics"
	"metronome/sim"
	"metronome/workloads"
)

// Options are what a server needs beside its cluster.
type Options struct {
	Model string  // name that it goes by
	Speed float64 // simulated seconds in a real one; 0 is 1

	// Output returns how long a reply would get by itself, in tokens. Nil means that
	// replies are as long as the client allows.
	Output func() int

	// Tenants are the clients that are told apart, in order of their names; all others
	// are "", as one.
	Tenants []string

	Faults  Faults
	Random  *rand.Rand // of the faults
	Streams int        // most requests at once; 0 is 16384

	Patience Patience

	// Stamp adds the time of writing to every event, to tell how late clients read it.
	Stamp bool
}

// Faults are what goes wrong on purpose.
type Faults struct {
	Errors float64       // share of requests that are answered by HTTP 503
	Cuts   float64       // share of streams that are cut off halfway
	Delay  time.Duration // real time that every request waits before the cluster sees it
}

func (f Faults) validate() error {
	for _, x := range []struct {
		what  string
		share float64
	}{{"requests that fail", f.Errors}, {"streams that are cut off", f.Cuts}} {
		if !(x.share >= 0 && x.share <= 1) {
			return fmt.Errorf("twin: a share of %v of %s (must be 0 to 1)", x.share, x.what)
		}
	}
	return nil
}

const defaultStreams = 1 << 14

// Patience is how long clients may take; 0 is the default of each.
type Patience struct {
	Header  time.Duration // to send a header, 10 s
	Request time.Duration // to send a request, 1 min
	Idle    time.Duration // between two requests, 2 min
	Write   time.Duration // to read what was written to them, 30 s
}

// complete fills in the defaults.
func (p *Patience) complete() {
	for _, x := range []struct {
		of        *time.Duration
		otherwise time.Duration
	}{{&p.Header, 10 * time.Second}, {&p.Request, time.Minute}, {&p.Idle, 2 * time.Minute}, {&p.Write, 30 * time.Second}} {
		if *x.of == 0 {
			*x.of = x.otherwise
		}
	}
}

// A Server is the cluster behind HTTP. Its methods may be called by any goroutine.
type Server struct {
	options Options
	model   []byte // in JSON
	limit   int    // tokens of a prompt and its reply
	start   time.Time
	poke    chan struct{}

	errors, cuts atomic.Int64 // on purpose

	mu      sync.Mutex // guards all below, and the cluster
	cluster *sim.Cluster
	issued  int
	streams map[int]*stream
	told    counters
}

// New returns a server of a cluster, whose recorder is shown all that happens, by one
// goroutine at a time. Nothing happens until Run.
func New(c sim.Config, o Options) (*Server, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Streams == 0 {
		o.Streams = defaultStreams
	}
	o.Patience.complete()
	if !(o.Speed > 0) || math.IsInf(o.Speed, 0) {
		return nil, fmt.Errorf("twin: speed %v (must be above 0)", o.Speed)
	}
	if err := o.Faults.validate(); err != nil {
		return nil, err
	}
	s := &Server{options: o, poke: make(chan struct{}, 1), streams: map[int]*stream{}, start: time.Now()}
	for _, p := range c.Pools {
		s.limit = max(s.limit, p.MaxModelLen)
	}
	c.Recorder = metrics.Tee{c.Recorder, (*observer)(s)} // recorded before any client knows
	var err error
	if s.model, err = json.Marshal(o.Model); err != nil {
		return nil, err
	}
	s.cluster, err = sim.NewCluster(c)
	return s, err
}

// now returns the simulated time.
func (s *Server) now() time.Duration {
	return time.Duration(float64(time.Since(s.start)) * s.options.Speed)
}

// Run lets the cluster act in its time until ctx is done.
func (s *Server) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-s.poke:
		case <-ctx.Done():
			return
		}
		timer.Reset(s.act())
	}
}

// act does what is due and returns the real time until something else is.
func (s *Server) act() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.cluster.Next() <= s.now() {
		s.cluster.Step()
	}
	if s.cluster.Next() == sim.Never {
		return time.Hour
	}
	return time.Duration(float64(s.cluster.Next()-s.now()) / s.options.Speed)
}

// submit hands a request to the cluster.
func (s *Server) submit(tenant string, promptTokens, outputTokens int) (*stream, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.streams) >= s.options.Streams {
		return nil, false
	}
	t := &stream{id: s.issued, wake: make(chan struct{}, 1)}
	s.issued++
	s.streams[t.id] = t
	s.cluster.Submit(workloads.Request{
		ID: t.id, Arrival: s.now(), Tenant: tenant, PromptTokens: promptTokens, OutputTokens: outputTokens, MaxTokens: outputTokens,
	})
	select {
	case s.poke <- struct{}{}:
	default:
	}
	return t, true
}

// cancel tells the cluster that the client of a stream is gone.
func (s *Server) cancel(t *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.streams[t.id]; open {
		delete(s.streams, t.id)
		s.cluster.Cancel(t.id, s.now())
	}
}

// Observe calls look while the recorder is at rest.
func (s *Server) Observe(look func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look()
}

// Struck returns how many requests were answered by an error, and how many streams cut
// off, on purpose. The cluster knows nothing of the former.
func (s *Server) Struck() (errors, cuts int64) { return s.errors.Load(), s.cuts.Load() }

// faulty reports whether a share of the requests strikes this one.
func (s *Server) faulty(share float64) bool {
	if share == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Random.Float64() < share
}

// An observer is the server as the recorder of its cluster, which is locked then.
type observer Server

// Iteration implements metrics.Recorder.
func (o *observer) Iteration(it *metrics.Iteration) {
	o.told.iteration(it)
	o.cluster.Progress(it, func(id, tokens int) {
		if t, ok := o.streams[id]; ok {
			t.advance(tokens)
		}
	})
}

// Finished implements metrics.Recorder.
func (o *observer) Finished(c *metrics.Completion) {
	o.told.finished(c)
	if t, ok := o.streams[c.Request.ID]; ok {
		delete(o.streams, c.Request.ID)
		t.end(c)
	}
}
