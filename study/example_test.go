package study_test

import (
	"context"
	"fmt"

	"metronome/profiles"
	"metronome/study"
)

// An experiment is opened, worked out and run. Open takes the path of a file;
// without one, settings change the default experiment.
func ExampleExperiment_Plan() {
	e, err := study.Open("", "workload.requests=500", "scheduler.policy=sarathi", "slo.tbt=10s")
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := e.Plan(study.Options{Profiles: profiles.FS})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	finished, _ := report.Lookup("requests.finished")
	fmt.Printf("%s finished %.0f requests; the SLO holds: %t\n", plan.Policy.Name, finished, report.Holds())
	// Output: sarathi finished 500 requests; the SLO holds: true
}

// Whatever is wrong with an experiment is told in one line.
func ExampleOpen_error() {
	_, err := study.Open("", "workload.arrivals.rat=6")
	fmt.Println(err)
	// Output: --set workload.arrivals.rat=6: unknown key "workload.arrivals.rat" (did you mean "workload.arrivals.rate"?)
}
