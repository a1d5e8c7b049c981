package main

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"metronome/study"
)

// Each probe has a bar in each line, in order of the rate; what is unknown has none.
func TestProbesHaveABarEach(t *testing.T) {
	var b bytes.Buffer
	page{&b, nil}.overLoad([]study.Probe{
		{Rate: 2, Attainment: 1, TokenRate: 80, TBT: 10},
		{Rate: 4, Attainment: 1, TokenRate: 40, TBT: math.NaN()},
		{Rate: 8, Attainment: 0.5, TokenRate: 10, TBT: 20},
	})
	for _, want := range []string{"██▄", "█▄▁", "▄ █", "2 to 8"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the picture lacks %q:\n%s", want, b.String())
		}
	}
}
