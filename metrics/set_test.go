package metrics

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"metronome/hardware"

	"github.com/google/go-cmp/cmp"
)

// An event is what a replica reports once.
type event struct {
	iteration *Iteration
	request   *Completion
}

func (e event) tell(r Recorder) {
	if e.iteration != nil {
		r.Iteration(e.iteration)
	} else {
		r.Finished(e.request)
	}
}

// randomEvents draws iterations and requests of several tenants and outcomes.
func randomEvents(rng *rand.Rand, n int) (events []event) {
	for id := range n {
		c := servedReply(rng, 1+rng.IntN(60))
		if rng.IntN(3) == 0 {
			c = randomReply(rng, 1+rng.IntN(60))
		}
		c.Request.ID = id
		c.Request.Tenant = []string{"", "a", "b"}[rng.IntN(3)]
		c.Request.Class = []string{"", "chat", "code"}[rng.IntN(3)]
		c.Pool = rng.IntN(2)
		c.Preemptions = rng.IntN(2)
		c.Outcome = Outcome(max(0, rng.IntN(12)-8))
		if len(c.Own)+len(c.Steps) > 0 {
			c.Admitted += time.Duration(rng.Int64N(int64(c.First()-c.Request.Arrival) + 1))
		}
		events = append(events, event{request: c}, event{iteration: randomIteration(rng)})
	}
	return events
}

// wattage draws 100 W idle and one more for every token.
type wattage struct{}

func (wattage) Iteration(s *hardware.Shape, d time.Duration) int64 {
	return int64(d.Microseconds()) * int64(100+s.Tokens())
}
func (wattage) Idle(d time.Duration) int64 { return 100 * d.Microseconds() }

func randomIteration(rng *rand.Rand) *Iteration {
	start := time.Duration(rng.Int64N(int64(time.Minute)))
	total := 100 * (1 + rng.IntN(2))
	it := &Iteration{
		Start: start, End: start + time.Duration(1+rng.IntN(50_000_000)),
		StepGap: time.Duration(rng.IntN(50_000_000)), StepGaps: rng.IntN(100),
		OwnGaps: []time.Duration{time.Duration(rng.IntN(90_000_000))},
		Running: rng.IntN(100), Waiting: rng.IntN(10),
		UsedBlocks: rng.IntN(total), TotalBlocks: total,
		Shape: hardware.Shape{Decodes: rng.IntN(100)},
	}
	it.Shape.Chunk(1+rng.IntN(500), rng.IntN(500))
	return it
}

// TestShardsJoinedInAnyGroupingSayTheSame runs every registered metric.
func TestShardsJoinedInAnyGroupingSayTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for trial := range 60 {
		events := randomEvents(rng, rng.IntN(150))
		options := Options{SLO: DefaultSLO(), Pools: []Pool{{GPUs: 2}}, Warmup: time.Duration(trial%3) * 10 * time.Second}
		options.Recorded = trial%5 == 0
		if trial%4 < 2 {
			options.Tenants = announced(rng)
		}
		if trial%2 == 0 {
			options.Pools = []Pool{{Replicas: 3, Power: wattage{}, PricePerHour: 4.25}}
		}
		if trial%3 > 0 {
			options.Offers = offers(0.1)
		}
		if trial%4 > 0 {
			options.Requests = len(events)/2 + rng.IntN(9)
		}
		whole, shards := New(options), make([]*Set, 1+rng.IntN(6))
		for i := range shards {
			shards[i] = New(options)
		}
		for _, e := range events {
			e.tell(whole)
			e.tell(shards[rng.IntN(len(shards))])
		}
		for len(shards) > 1 {
			i := rng.IntN(len(shards) - 1)
			shards[i].Merge(shards[i+1])
			shards = append(shards[:i+1], shards[i+2:]...)
		}
		for i, m := range whole.metrics {
			if diff := cmp.Diff(literals(m.Rows()), literals(shards[0].metrics[i].Rows())); diff != "" {
				t.Fatalf("trial %d: %s: whole (-) and joined (+):\n%s", trial, Names()[i], diff)
			}
		}
		if a, b := whole.Report(), shards[0].Report(); !bytes.Equal(a.JSON(), b.JSON()) {
			t.Fatal("reports differ")
		}
	}
}

// literals writes rows with every digit, so that what is not a number compares too.
func literals(rows []Row) (text []string) {
	for _, r := range rows {
		if v, ok := r.Number(); ok {
			text = append(text, r.Key()+" "+strconv.FormatFloat(v, 'g', -1, 64))
			continue
		}
		text = append(text, r.Key()+" "+literal(r.Value))
	}
	return text
}

// TestOrderLeavesNoTrace shows requests in another order.
func TestOrderLeavesNoTrace(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	events := randomEvents(rng, 300)
	options := Options{SLO: DefaultSLO(), Requests: 300}
	a, b := New(options), New(options)
	for _, e := range events {
		e.tell(a)
	}
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for _, e := range events {
		e.tell(b)
	}
	if diff := cmp.Diff(string(a.Report().JSON()), string(b.Report().JSON())); diff != "" {
		t.Error(diff)
	}
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	set := New(Options{SLO: DefaultSLO(), Requests: 1000})
	events := randomEvents(rng, 1000)
	for _, e := range events {
		e.tell(set)
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() { events[i%len(events)].tell(set); i++ }); n != 0 {
		t.Errorf("%v allocations per event", n)
	}
}

func TestRegisterPanicsOnADuplicate(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("latency was registered twice")
		}
	}()
	Register("latency", "", nil)
}

func BenchmarkIteration(b *testing.B) {
	set := New(Options{SLO: DefaultSLO(), Requests: 1000})
	its := make([]*Iteration, 1024)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range its {
		its[i] = randomIteration(rng)
		its[i].StepGap = 12*time.Millisecond + time.Duration(rng.IntN(1_000_000))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		set.Iteration(its[i%len(its)])
	}
}

// BenchmarkFinished scores replies of 211 tokens, the mean of Azure's
// conversations in 2023.
func BenchmarkFinished(b *testing.B) {
	const n, tokens = 256, 211
	rng := rand.New(rand.NewPCG(1, 1))
	stalled, smooth, late := make([]*Completion, n), make([]*Completion, n), make([]*Completion, n)
	for i := range n {
		stalled[i] = servedReply(rng, tokens)
		smooth[i] = pacedReply(rng, tokens, 12*time.Millisecond, 1)
		late[i] = pacedReply(rng, tokens, 30*time.Millisecond, 60_000_000)
	}
	for _, bench := range []struct {
		name    string
		replies []*Completion
	}{{"smooth", smooth}, {"stalled", stalled}, {"late", late}} {
		b.Run(bench.name, func(b *testing.B) {
			set := New(Options{SLO: DefaultSLO(), Requests: 100_000_000})
			settle(set, bench.replies)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				set.Finished(bench.replies[i%n])
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i)/tokens, "ns/token")
		})
	}
}

// pacedReply draws a reply whose gaps are some time and up to some more.
func pacedReply(rng *rand.Rand, n int, gap time.Duration, more int64) *Completion {
	arrival := time.Duration(rng.Int64N(int64(time.Hour)))
	at := arrival
	times := make([]time.Duration, n)
	for i := range times {
		at += gap + time.Duration(rng.Int64N(more))
		times[i] = at
	}
	return replyOf(arrival, arrival+350*time.Millisecond, times, 1)
}

// settle fills the heap of the fluid rate as a long run has: 1 % of the requests
// need a target above its least.
func settle(set *Set, replies []*Completion) {
	for _, m := range set.metrics {
		m, ok := m.(*fluidRate)
		if !ok {
			continue
		}
		one := largest{k: len(replies)/100 + 1}
		for _, c := range replies {
			d, _ := m.target.above(c, -1, 63)
			one.add(d)
		}
		m.tail = largest{k: 1 << 20, heap: slices.Repeat([]time.Duration{one.bound()}, 1<<20)}
	}
}
