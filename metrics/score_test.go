package metrics

import (
	"math/rand/v2"
	"testing"
	"time"

	"metronome/workloads"
)

// A plain scorer reads the definition with absolute deadlines: D_i = D_p + i·D_d
// after arrival, and after a late token i at T_i, D_j = T_i + (j−i)·D_d. All
// deadlines up to the one that the late token catches up with are missed.
func plainScore(times []time.Duration, deadline, dd time.Duration) (s Score) {
	if deadline > 0 && len(times) > 0 {
		decode := plainScore(times, 0, dd)
		defer func() { s.DecodeLate, s.DecodeMissed = decode.Late, decode.Missed }()
	} else {
		defer func() { s.DecodeLate, s.DecodeMissed = s.Late, s.Missed }()
	}
	if len(times) == 0 {
		return Score{}
	}
	s.Served, s.Tokens, s.Deadlines = true, int64(len(times)), int64(len(times))
	from := 0
	if deadline == 0 {
		s.Deadlines--
		deadline, from = times[0]+dd, 1
	}
	first := deadline - time.Duration(from)*dd
	slack := time.Duration(0)
	for i := from; i < len(times); i++ {
		t := times[i]
		if i > 0 {
			s.SlackUsed += max(0, min(t-times[i-1]-dd, slack))
		}
		if t > deadline {
			s.Late++
			for d := deadline; d <= t; d += dd {
				s.Missed++
			}
			if i == 0 {
				s.FirstMissed = s.Missed
			}
			deadline = t
		}
		slack = deadline - t
		deadline += dd
		if t > first+time.Duration(i)*dd {
			s.LateAbsolute++
		}
	}
	read := first // when a reader at one token per D_d takes token i
	for i, t := range times {
		read = max(read, t)
		s.BehindSum += read - first - time.Duration(i)*dd
		s.Behind = max(s.Behind, t-first-time.Duration(i)*dd)
		read += dd
	}
	return s
}

// replyOf returns a completion with these token times, the first own of them private.
func replyOf(arrival, deadline time.Duration, times []time.Duration, own int) *Completion {
	c := &Completion{
		Request:  workloads.Request{Arrival: arrival, PromptTokens: 100, OutputTokens: len(times)},
		Deadline: deadline, Admitted: arrival, Finish: arrival,
		Own: times[:own], Steps: times[own:],
	}
	for i := 1; i < len(times); i++ {
		c.LongestGap = max(c.LongestGap, times[i]-times[i-1])
	}
	if len(times) > 0 {
		c.Finish = times[len(times)-1]
	}
	return c
}

// randomReply draws a reply whose gaps are of the order of 10: alike, jittered,
// stalled or in chunks, so that every rule has its boundary met.
func randomReply(rng *rand.Rand, n int) *Completion {
	arrival := time.Duration(rng.IntN(100))
	t := arrival + time.Duration(rng.IntN(80))
	times := make([]time.Duration, n)
	kind := rng.IntN(4)
	for i := range times {
		times[i] = t
		switch kind {
		case 0:
			t += 10
		case 1:
			t += time.Duration(rng.IntN(20))
		case 2:
			t += 8
			if rng.IntN(10) == 0 {
				t += time.Duration(rng.IntN(200))
			}
		case 3:
			if i%5 == 4 {
				t += time.Duration(40 + rng.IntN(20))
			}
		}
	}
	deadline := arrival + 40
	if rng.IntN(4) == 0 {
		deadline = 0
	}
	return replyOf(arrival, deadline, times, rng.IntN(n+1))
}

func tokensOf(c *Completion) []time.Duration {
	return append(append([]time.Duration{}, c.Own...), c.Steps...)
}

func TestScoreMatchesAbsoluteDeadlines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50_000 {
		c := randomReply(rng, 1+rng.IntN(40))
		dd := time.Duration(1 + rng.IntN(30))
		var got Score
		got.read(c, dd)
		if want := plainScore(tokensOf(c), c.Deadline, dd); got != want {
			t.Fatalf("arrival %d, deadline %d, D_d %d, tokens %d + %d:\ngot  %+v\nwant %+v",
				c.Request.Arrival, c.Deadline, dd, c.Own, c.Steps, got, want)
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add(int64(40), int64(10), uint8(2), []byte{5, 10, 30, 0, 0, 9})
	f.Add(int64(0), int64(10), uint8(0), []byte{5, 20, 10})
	f.Fuzz(func(t *testing.T, first, target int64, own uint8, gaps []byte) {
		if first < 0 || first > 1000 || target <= 0 || target > 1000 || len(gaps) == 0 {
			return
		}
		at, deadline := time.Duration(7), time.Duration(0)
		if first > 0 {
			deadline = at + time.Duration(first)
		}
		var times []time.Duration
		for _, g := range gaps {
			at += time.Duration(g)
			times = append(times, at)
		}
		c := replyOf(7, deadline, times, min(int(own), len(times)))
		var got Score
		got.read(c, time.Duration(target))
		if want := plainScore(times, deadline, time.Duration(target)); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// TestWhatEachReadingSays writes out the cases that decide what the readings mean.
func TestWhatEachReadingSays(t *testing.T) {
	const ms = time.Millisecond
	repeat := func(n int, gaps ...time.Duration) (all []time.Duration) {
		for range n {
			all = append(all, gaps...)
		}
		return all
	}
	for _, test := range []struct {
		name                     string
		first, target            time.Duration
		gaps                     []time.Duration // the first is the TTFT
		reset, perToken, noReset [2]int64        // missed, of
	}{
		{"on every deadline", 500 * ms, 50 * ms, append(repeat(1, 500*ms), repeat(20, 50*ms)...), [2]int64{0, 21}, [2]int64{0, 21}, [2]int64{0, 21}},
		{"a fifth too slow", 500 * ms, 50 * ms, append(repeat(1, 500*ms), repeat(20, 60*ms)...), [2]int64{20, 21}, [2]int64{20, 21}, [2]int64{20, 21}},
		{"slack pays for long gaps", 500 * ms, 50 * ms, append(repeat(1, 500*ms), repeat(10, 40*ms, 60*ms)...), [2]int64{0, 21}, [2]int64{0, 21}, [2]int64{0, 21}},
		{"the same gaps, long ones first", 500 * ms, 50 * ms, append(repeat(1, 500*ms), repeat(10, 60*ms, 40*ms)...), [2]int64{1, 21}, [2]int64{1, 21}, [2]int64{10, 21}},
		{"the figure of the paper", 253 * ms, 80 * ms, []time.Duration{199 * ms, 134 * ms, 80 * ms, 80 * ms, 220 * ms, 80 * ms, 80 * ms}, [2]int64{2, 8}, [2]int64{1, 7}, [2]int64{3, 7}},
		{"ten fast, then a stall", 100 * ms, 100 * ms, append(append(repeat(1, 100*ms), repeat(10, 10*ms)...), 150*ms), [2]int64{0, 12}, [2]int64{0, 12}, [2]int64{0, 12}},
		{"ten slow, then a stall", 100 * ms, 100 * ms, append(repeat(11, 100*ms), 150*ms), [2]int64{1, 12}, [2]int64{1, 12}, [2]int64{1, 12}},
		{"three at once", 50 * ms, 50 * ms, []time.Duration{50 * ms, 0, 0, 150 * ms}, [2]int64{0, 4}, [2]int64{0, 4}, [2]int64{0, 4}},
		{"exactly two targets late", 100 * ms, 100 * ms, []time.Duration{100 * ms, 200 * ms}, [2]int64{2, 3}, [2]int64{1, 2}, [2]int64{1, 2}},
		{"exactly ten", 0, 100 * ms, []time.Duration{0, 1000 * ms}, [2]int64{10, 11}, [2]int64{1, 2}, [2]int64{1, 2}},
		{"late first token", 500 * ms, 25 * ms, append(repeat(1, 1500*ms), repeat(227, 20*ms)...), [2]int64{41, 268}, [2]int64{1, 228}, [2]int64{200, 228}},
		{"a long stall in the middle", 500 * ms, 50 * ms, append(append(append(repeat(1, 500*ms), repeat(100, 30*ms)...), 10_000*ms), repeat(127, 30*ms)...), [2]int64{160, 388}, [2]int64{1, 229}, [2]int64{128, 229}},
		{"a late chunk catches up", 200 * ms, 50 * ms, append(append(repeat(1, 200*ms), repeat(5, 50*ms)...), append(append(repeat(1, 300*ms), repeat(5, 0)...), repeat(5, 50*ms)...)...), [2]int64{6, 22}, [2]int64{1, 17}, [2]int64{5, 17}},
		{"withheld in fives", 500 * ms, 50 * ms, append(repeat(1, 500*ms, 240*ms, 0, 0, 0), repeat(11, 300*ms, 0, 0, 0, 0)...), [2]int64{27, 75}, [2]int64{12, 60}, [2]int64{59, 60}},
		{"later first token, better score", 100 * ms, 50 * ms, []time.Duration{189 * ms, 11 * ms}, [2]int64{2, 3}, [2]int64{1, 2}, [2]int64{2, 2}},
		{"and earlier, worse", 100 * ms, 50 * ms, []time.Duration{114 * ms, 86 * ms}, [2]int64{2, 2}, [2]int64{2, 2}, [2]int64{2, 2}},
	} {
		at := time.Second
		var times []time.Duration
		for _, g := range test.gaps {
			at += g
			times = append(times, at)
		}
		var s Score
		s.read(replyOf(time.Second, time.Second+test.first, times, 1), test.target)
		for r, want := range map[Reading][2]int64{Reset: test.reset, PerToken: test.perToken, NoReset: test.noReset} {
			if met, total := s.Fluidity(r); [2]int64{total - met, total} != want {
				t.Errorf("%s, %s: missed %d of %d, want %v", test.name, r, total-met, total, want)
			}
		}
	}
}
