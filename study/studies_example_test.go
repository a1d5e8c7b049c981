package study_test

import (
	"context"
	"fmt"

	"metronome/profiles"
	"metronome/study"
)

// The largest rate at which the default experiment keeps its SLO.
func ExampleCapacity() {
	e, err := study.Open("", "workload.requests=300")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := study.Capacity(context.Background(), e, study.Options{Profiles: profiles.FS}, study.CapacityOptions{Seeds: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Rate.Low() > 0, r.Rate.N, r.Criterion.Text)
	// Output: true 3 99 % of the requests have a fluidity-index (reset) of at least 0.9 with a token due every 25 ms
}

// Two policies on the same requests.
func ExampleCompare() {
	var contenders []study.Contender
	for _, policy := range []string{"vllm", "sarathi"} {
		e, err := study.Open("", "workload.requests=200", "scheduler.token_budget=512", "scheduler.policy="+policy)
		if err != nil {
			fmt.Println(err)
			return
		}
		contenders = append(contenders, study.Contender{Name: policy, Experiment: e})
	}
	r, err := study.Compare(context.Background(), contenders, study.Options{Profiles: profiles.FS}, study.CompareOptions{Seeds: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range r.Figures {
		if f.Name == "throughput" {
			fmt.Println(f.Key, len(f.Values), f.Differences[1].N)
		}
	}
	// Output: throughput.output_tokens_per_s 2 3
}

// Every combination of two policies and three token budgets.
func ExampleSweep() {
	s, err := study.ParseStudy("study.toml", `
		[set]
		workload.requests = 50
		[axes]
		scheduler.policy = ["vllm", "sarathi"]
		scheduler.token_budget = {from = 512, to = 2048, factor = 2}
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = study.Sweep(context.Background(), s, study.Options{Profiles: profiles.FS}, study.SweepOptions{
		Workers: 1,
		Keep: func(row study.StudyRow) error {
			fmt.Printf("%s %s\n", row.Settings, row.Status)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"scheduler.policy":"vllm","scheduler.token_budget":512} done
	// {"scheduler.policy":"vllm","scheduler.token_budget":1024} done
	// {"scheduler.policy":"vllm","scheduler.token_budget":2048} done
	// {"scheduler.policy":"sarathi","scheduler.token_budget":512} done
	// {"scheduler.policy":"sarathi","scheduler.token_budget":1024} done
	// {"scheduler.policy":"sarathi","scheduler.token_budget":2048} done
}

// The cheaper of two GPUs for a load.
func ExampleSize() {
	z, err := study.ParseSizing("size.toml", `
		seeds = 1
		[set]
		workload.requests = 200
		workload.arrivals.rate = 3
		[search]
		tensor_parallel = [1]
		pipeline_parallel = [1]
		policies = ["vllm"]
		token_budgets = [512]
		[[gpu]]
		name = "h100-sxm"
		price_per_hour = 4
		[[gpu]]
		name = "h200-sxm"
		price_per_hour = 40
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := study.Size(context.Background(), z, study.Options{Profiles: profiles.FS}, study.SizeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Best)
	// Output: 1 × h100-sxm (vllm with a token budget of 512)
}
