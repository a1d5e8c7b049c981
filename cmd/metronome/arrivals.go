package main

import (
	"fmt"

	"metronome/workloads"
)

// arrivals says how requests arrive.
func arrivals(a workloads.ArrivalSpec) string {
	switch n := len(a.Stages); {
	case a.Rate != nil:
		return fmt.Sprintf("%s at %s /s", a.Process, figure(*a.Rate))
	case n == 1:
		return fmt.Sprintf("%s at %s to %s /s", a.Process, figure(a.Stages[0].Rate), figure(a.Stages[0].End()))
	case n > 1:
		return fmt.Sprintf("%s in %d stages, from %s to %s /s", a.Process, n, figure(a.Stages[0].Rate), figure(a.Stages[n-1].End()))
	}
	return a.Process
}
