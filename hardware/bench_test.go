package hardware

import (
	"testing"

	"metronome/profiles"
)

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := Open(profiles.FS, Spec{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCostModel(b *testing.B) {
	d, err := Open(profiles.FS, Spec{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.CostModel(); err != nil {
			b.Fatal(err)
		}
	}
}
