package workloads_test

import (
	"fmt"
	"testing/fstest"

	"metronome/workloads"
)

// An embedded workload is a file of figures; the spec says how much of it arrives when.
func ExampleOpen() {
	profiles := fstest.MapFS{"workloads/chat.toml": {Data: []byte(`
description = "short questions, short answers"
source = "made up"
licence = "none"
[lengths]
prompt_at = [0, 1]
prompt = [10, 20]
output_at = [0, 1]
output = [[5, 5], [7, 7]] # replies to the shorter and to the longer half of the prompts
`)}}
	rate, requests := 2.0, 3
	w, err := workloads.Open(workloads.Spec{
		Source:   "chat",
		Requests: &requests,
		Arrivals: workloads.ArrivalSpec{Process: "constant", Rate: &rate},
	}, workloads.Options{Seed: 1, Profiles: profiles})
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := w.Source()
	if err != nil {
		fmt.Println(err)
		return
	}
	for r, ok := source.Next(); ok; r, ok = source.Next() {
		fmt.Println(r.Arrival, r.PromptTokens, r.OutputTokens)
	}
	// Output:
	// 0s 16 7
	// 500ms 14 5
	// 1s 19 7
}
