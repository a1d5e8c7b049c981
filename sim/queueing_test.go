package sim

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"metronome/metrics"
	"metronome/scheduler"
)

// geometric draws lengths of some mean that are as likely to end at every token:
// under iterations of one length, service is nearly exponential.
func geometric(mean float64) func(*rand.Rand) int {
	return func(r *rand.Rand) int { return 1 + int(math.Log(1-r.Float64())/math.Log(1-1/mean)) }
}

// skipIfShort leaves out statistics of many requests.
func skipIfShort(t *testing.T) {
	if testing.Short() {
		t.Skip("statistics of many requests")
	}
}

// erlangC returns the mean wait in an M/M/c queue.
func erlangC(servers int, arrivals, service float64) float64 {
	load := arrivals / service
	term, sum := 1.0, 0.0
	for k := range servers {
		sum += term
		term *= load / float64(k+1)
	}
	term /= 1 - load/float64(servers)
	return term / (sum + term) / (float64(servers)*service - arrivals)
}

// Where an iteration takes as long for many sequences as for one, the slots of a
// replica are the servers of one queue.
func TestSlotsAreServersOfOneQueue(t *testing.T) {
	skipIfShort(t)
	const tokens, step = 200, time.Millisecond
	service := 1 / (tokens * step.Seconds())
	for _, c := range []struct {
		servers int
		load    float64
	}{{1, 0.6}, {4, 0.8}, {16, 0.9}} {
		rate := c.load * float64(c.servers) * service
		src := &drawn{n: 200_000, rate: rate, prompt: fixed(1), output: geometric(tokens), rand: rand.New(rand.NewPCG(3, 3))}
		wait := new(waits)
		config := benchConfig("vllm", 64, c.servers, src, wait)
		config.Pools[0].Cost = constantCost(step)
		if err := Run(context.Background(), config); err != nil {
			t.Fatal(err)
		}
		if got, want := wait.mean(), erlangC(c.servers, rate, service); math.Abs(got/want-1) > 0.05 {
			t.Errorf("%d servers at %v: mean wait %.4f s, closed form %.4f s", c.servers, c.load, got, want)
		}
	}
}

// A sojourn is the mean time from arrival to the end.
type sojourn struct {
	sum time.Duration
	n   int
}

func (*sojourn) Iteration(*metrics.Iteration) {}

func (s *sojourn) Finished(c *metrics.Completion) { s.sum += c.Finish - c.Request.Arrival; s.n++ }

// sojournOf returns the mean time of a request in a cluster of replicas with one
// slot each, in units of its service.
func sojournOf(t *testing.T, router string, replicas, requests int, load float64) float64 {
	t.Helper()
	const tokens, step = 50, time.Millisecond
	src := &drawn{
		n: requests, rate: load * float64(replicas) / (tokens * step.Seconds()),
		prompt: fixed(1), output: geometric(tokens), rand: rand.New(rand.NewPCG(3, 3)),
	}
	s := new(sojourn)
	c := benchConfig("vllm", 64, 1, src, s)
	c.Pools[0].Cost, c.Pools[0].Replicas = constantCost(step), replicas
	kind, err := scheduler.LookupRouter(router)
	if err != nil {
		t.Fatal(err)
	}
	c.Router = kind.New(scheduler.RouterSpec{}, rand.New(rand.NewPCG(4, 4)))
	if err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return s.sum.Seconds() / float64(s.n) / (tokens * step.Seconds())
}

// Mitzenmacher (2001): with two choices among many servers, the mean time in the
// system is Σ ρ^(2^i − 2) services. With one it is 1/(1 − ρ).
func TestTwoChoicesFollowTheSupermarketModel(t *testing.T) {
	skipIfShort(t)
	const load = 0.9
	want := 0.0
	for i := 1; i < 10; i++ {
		want += math.Pow(load, math.Pow(2, float64(i))-2)
	}
	if got := sojournOf(t, "power-of-two", 200, 200_000, load); math.Abs(got/want-1) > 0.04 {
		t.Errorf("two choices: %.3f services, closed form %.3f", got, want)
	}
	if got, want := sojournOf(t, "random", 50, 200_000, 0.7), 1/(1-0.7); math.Abs(got/want-1) > 0.04 {
		t.Errorf("one choice: %.3f services, closed form %.3f", got, want)
	}
}

// No router is better than one queue for all, and the less a router knows the worse it is.
func TestRoutersThatKnowMoreServeSooner(t *testing.T) {
	skipIfShort(t)
	const replicas, load = 8, 0.8
	former, best := "one queue", 1+erlangC(replicas, load*replicas, 1)
	for _, router := range []string{"least-loaded", "power-of-two", "round-robin", "random"} {
		got := sojournOf(t, router, replicas, 100_000, load)
		if got <= best {
			t.Errorf("%s serves in %.3f services, %s in %.3f", router, got, former, best)
		}
		former, best = router, got
	}
}
