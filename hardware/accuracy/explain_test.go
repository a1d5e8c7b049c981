package accuracy

import (
	"fmt"
	"metronome/hardware"
	"metronome/profiles"
	"os"
	"strconv"
	"testing"
)

func TestExplain(t *testing.T) {
	i := func(k string) int { v, _ := strconv.Atoi(os.Getenv(k)); return v }
	tp := i("TP")
	d, err := hardware.Open(profiles.FS, hardware.Spec{GPU: os.Getenv("G"), Model: os.Getenv("M"), TensorParallel: &tp, Precision: hardware.Precision(os.Getenv("P"))})
	if err != nil {
		t.Skip(err)
	}
	s := hardware.Shape{Decodes: i("B"), DecodeContext: i("B") * i("C")}
	if i("N") > 0 {
		s.Chunk(i("N"), i("C0"))
	}
	sum := 0.0
	for _, l := range d.Explain(s) {
		fmt.Printf("%-20s %4.0f %9.1f us each %8.3f ms %5.1f%% %s bw %.2f flop %.2f\n", l.Operator, l.Calls, l.Seconds/l.Calls*1e6, l.Seconds*1e3, l.Share*100, l.Limit(), l.Bytes/max(1, l.Speed)/l.Seconds, l.FLOPs/max(1, l.Peak)/l.Seconds)
		sum += l.Seconds
	}
	c, _ := d.CostModel()
	fmt.Println(sum*1e3, c.IterationTime(s))
}
