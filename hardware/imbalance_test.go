package hardware

import (
	"testing"

	"metronome/profiles"
)

// A rank with twice its share of the tokens holds the others up, where experts
// are spread over ranks; where they are not, all ranks do the same.
func TestImbalanceSlowsSpreadExpertsDown(t *testing.T) {
	iteration := func(expert int, imbalance float64) float64 {
		two := 2
		d, err := Open(profiles.FS, Spec{Model: "mixtral-8x7b", TensorParallel: &two, ExpertParallel: &expert, ExpertImbalance: &imbalance})
		if err != nil {
			t.Fatal(err)
		}
		c, err := d.CostModel()
		if err != nil {
			t.Fatal(err)
		}
		var s Shape
		s.Chunk(8192, 0)
		return c.IterationTime(s).Seconds()
	}
	if even, uneven := iteration(2, 1), iteration(2, 2); uneven < 1.3*even {
		t.Errorf("an iteration takes %.4f s balanced and %.4f s with twice the tokens on one of two ranks", even, uneven)
	}
	if even, uneven := iteration(1, 1), iteration(1, 2); even != uneven {
		t.Errorf("without expert parallelism an iteration takes %.4f s balanced and %.4f s not", even, uneven)
	}
}
