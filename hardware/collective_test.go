package hardware

import (
	"testing"

	"metronome/profiles"
)

// Borrowed collectives begin as fast as where they were measured, and move bytes as
// much slower as the links are.
func TestBorrowedCollectivesPayForTheirOwnLinks(t *testing.T) {
	own, err := OpenGPU(profiles.FS, "rtx-pro-6000")
	if err != nil {
		t.Fatal(err)
	}
	lender := *own.relative
	slower := lender.Link.IntraNodeGBps / own.Link.IntraNodeGBps
	if slower < 2 {
		t.Fatalf("the links are %v times slower only", slower)
	}
	for _, ranks := range []int{2, 4, 8} {
		least := lender.allReduce(ranks, 1, 0).Seconds
		for _, bytes := range []float64{1, 1 << 16, 1 << 20, 1 << 24, 1 << 31} {
			got, there := own.allReduce(ranks, bytes, 0).Seconds, lender.allReduce(ranks, bytes, 0).Seconds
			if want := least + slower*(there-least); got < 0.999*want || got > 1.001*want {
				t.Errorf("%d ranks, %v bytes: %v s, want %v s", ranks, bytes, got, want)
			}
		}
	}
}
