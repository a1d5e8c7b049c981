package metrics

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const unrecorded = -1

// TestEtalonCases writes out recorded cases that decide whether the floats are
// Python's.
func TestEtalonCases(t *testing.T) {
	for _, v := range []struct{ a, b, want float64 }{
		{1.0, 0.1, 9}, {0.3, 0.1, 2}, {0.25, 0.05, 4}, {0.2, 0.05, 4}, {1.0, 0.025, 39}, {10.0, 0.05, 199},
		{0.6, 0.2, 2}, {220, 80, 2}, {7.5, 2.5, 3}, {5e-324, 0.05, 0},
	} {
		if got := floorDiv(v.a, v.b); got != v.want {
			t.Errorf("%v // %v = %v, want %v", v.a, v.b, got, v.want)
		}
	}
	for _, v := range []struct {
		name          string
		gaps          []float64
		first, target float64
		skip          bool
		missed, total float64
		least         float64
	}{
		{"nothing", nil, 0.5, 0.05, false, 0, 0, 0x1.8254cca71df3bp-13},
		{"two periods late", []float64{0.1, 0.2}, 0.1, 0.1, false, 2, 3, unrecorded},
		{"miscounted multiples", []float64{0, 0.25, 0.25, 0.25, 0.25}, 0, 0.05, false, 16, 17, 0x1.0002e51514e96p-2},
		{"late first token", []float64{5, 0.01}, 0.5, 0.05, false, 90, 91, 1e10},
		{"three at once", []float64{0.05, 0, 0, 0.15}, 0.05, 0.05, false, 0, 4, 0x1.9b4a818ca7270p-5},
		{"whole numbers", []float64{500, 50, 50, 50, 50, 50, 50, 50, 50, 50, 250}, 500, 50, false, 5, 15, 0x1.fd17547eef350p+5},
		{"first left out", []float64{0.4}, 0.5, 0.05, true, 0, 0, 0x1.8254cca71df3bp-13},
	} {
		missed, total := EtalonMisses(v.gaps, v.first, v.target, v.skip)
		if missed != v.missed || total != v.total {
			t.Errorf("%s: missed %v of %v, want %v of %v", v.name, missed, total, v.missed, v.total)
		}
		if v.least == unrecorded {
			continue
		}
		if least := EtalonLeastTarget(v.gaps, v.first, 0.1, v.skip); least != v.least {
			t.Errorf("%s: least target %x, want %x", v.name, least, v.least)
		}
	}
}

func TestEtalonJoinsInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 41))
	whole, a, b := NewEtalon(DefaultSLO()), NewEtalon(DefaultSLO()), NewEtalon(DefaultSLO())
	for id := range 100 {
		c := servedReply(rng, rng.IntN(50))
		c.Request.ID = id
		whole.Finished(c, nil)
		[]*Etalon{a, b}[rng.IntN(2)].Finished(c, nil)
	}
	b.Merge(a)
	if diff := cmp.Diff(literals(whole.Rows()), literals(b.Rows())); diff != "" {
		t.Error(diff)
	}
}

// TestEtalonScoresCompletions shows a set the recorded case of two stalls, where
// floats count 8 misses of 34 and integers 10 of 36.
func TestEtalonScoresCompletions(t *testing.T) {
	gaps := []float64{0.2}
	for i := 1; i < 28; i++ {
		gaps = append(gaps, 0.03)
	}
	gaps[11], gaps[22] = 0.5, 0.5
	c := completionOf(gaps, 0.3, 1e9)
	slo := DefaultSLO()
	slo.TBT = 50 * ms1
	set := New(Options{SLO: slo, Requests: 1})
	set.Add(NewEtalon(slo))
	set.Finished(c)
	r := set.Report()
	for key, want := range map[string]float64{
		"etalon.missed": 8, "etalon.deadlines": 34, "etalon.miss_rate": 8.0 / 34, "etalon.miss_rate_p99": 8.0 / 34,
		"fluidity.reset_mean": float64(share(26, 36)) / unit,
	} {
		if got, _ := r.Lookup(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}
