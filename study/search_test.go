package study

import (
	"math"
	"math/rand/v2"
	"testing"
)

// look searches a response, and checks what holds for any.
func look(t *testing.T, random *rand.Rand, holds func(float64) bool) Bracket {
	t.Helper()
	s := search{start: math.Exp(random.NormFloat64()), step: 1.1 + random.Float64(), tolerance: 0.01 + 0.1*random.Float64()}
	s.holds = func(rate float64) (bool, error) { return holds(rate), nil }
	b, err := s.run()
	if err != nil {
		t.Fatal(err)
	}
	if b.Low > 0 && !holds(b.Low) || !math.IsInf(b.High, 1) && holds(b.High) {
		t.Fatalf("%+v: does not hold at the lower end, or holds at the upper", b)
	}
	if b.Low > 0 && !math.IsInf(b.High, 1) && b.High > b.Low*(1+s.tolerance) {
		t.Fatalf("%+v is wider than %v", b, s.tolerance)
	}
	for _, rate := range s.failed {
		if rate < b.High {
			t.Fatalf("%+v, though it does not hold at %v", b, rate)
		}
	}
	return b
}

func TestSearchFindsTheLimitOfAMonotoneResponse(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		limit := math.Exp(3 * random.NormFloat64())
		b := look(t, random, func(rate float64) bool { return rate <= limit })
		if b.Low > limit || b.High <= limit || b.Again > 0 {
			t.Errorf("seed %d: %+v for a limit of %v", seed, b, limit)
		}
	}
}

// A response of random intervals is searched, and looked at everywhere.
func TestSearchFindsAFirstLimitOfAnyResponse(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 2))
		ends := []float64{math.Exp(random.NormFloat64())}
		for range 2 * random.IntN(4) {
			ends = append(ends, ends[len(ends)-1]*(1.02+random.Float64()))
		}
		holds := func(rate float64) bool { // up to the first end, and in every other interval after it
			n := 0
			for n < len(ends) && rate > ends[n] {
				n++
			}
			return n%2 == 0
		}
		b := look(t, random, holds)
		crossing := false
		for i, end := range ends {
			crossing = crossing || i%2 == 0 && b.Low <= end && end < b.High
		}
		if !crossing {
			t.Errorf("seed %d: %+v brackets none of the limits %v", seed, b, ends)
		}
		if b.Again > 0 && !holds(b.Again) {
			t.Errorf("seed %d: %+v, but it does not hold again", seed, b)
		}
	}
}

func TestSearchNoticesAWideDip(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 3))
		limit := math.Exp(random.NormFloat64())
		low, high := limit*0.6, limit*0.8 // holds a check wherever the search begins
		b := look(t, random, func(rate float64) bool { return rate <= limit && (rate < low || rate > high) })
		if b.Again == 0 || b.Low >= low || b.High < low {
			t.Errorf("seed %d: %+v with a dip from %v to %v", seed, b, low, high)
		}
	}
}

func TestSearchOfWhatNeverOrAlwaysHolds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	if b := look(t, random, func(float64) bool { return false }); b.Low != 0 {
		t.Errorf("%+v where nothing holds", b)
	}
	if b := look(t, random, func(float64) bool { return true }); !math.IsInf(b.High, 1) || b.Low == 0 {
		t.Errorf("%+v where everything holds", b)
	}
}
