package workloads

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

const ownHeader = "arrival_s,prompt_tokens,output_tokens\n"

func TestTracesAtFaultAreRefusedWithTheirPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "t.csv: no requests"},
		"only a BOM":       {"\xef\xbb\xbf", "t.csv: no requests"},
		"only a header":    {ownHeader, "t.csv: no requests"},
		"unknown":          {"a,b,c\n1,2,3\n", `t.csv:1: "a,b,c" begins no known trace format (have azure, `},
		"truncated row":    {ownHeader + "0,1,1\n1,2\n", "t.csv:3: 2 fields (must be 3"},
		"long row":         {ownHeader + "0,1,1,9\n", "t.csv:2: 4 fields (must be 3"},
		"not a number":     {ownHeader + "0,many,1\n", `t.csv:2: prompt_tokens: "many" (must be a whole number`},
		"fraction":         {ownHeader + "0,1.5,1\n", `t.csv:2: prompt_tokens: "1.5"`},
		"negative":         {ownHeader + "0,1,-4\n", `t.csv:2: output_tokens: "-4"`},
		"empty field":      {ownHeader + "0,,1\n", `t.csv:2: prompt_tokens: ""`},
		"huge":             {ownHeader + "0,99999999999999999999,1\n", `t.csv:2: prompt_tokens: "9999`},
		"length of 0":      {ownHeader + "0,1,1\n1,1,0\n", `t.csv:3: 1 prompt and 0 output tokens (must be at least 1; workload.zero = "skip"`},
		"negative time":    {ownHeader + "-1,1,1\n", `t.csv:2: arrival_s: "-1"`},
		"NaN time":         {ownHeader + "NaN,1,1\n", `t.csv:2: arrival_s: "NaN"`},
		"overflowing time": {ownHeader + "1e30,1,1\n", `t.csv:2: arrival_s: "1e30"`},
		"empty line":       {ownHeader + "0,1,1\n\n1,1,1\n", "t.csv:3: empty line"},
		"unknown column":   {"prompt_tokens,output_tokens,tennant\n1,1,a\n", `t.csv:1: unknown column "tennant"`},
		"repeated column":  {"prompt_tokens,output_tokens,output_tokens\n1,1,1\n", `t.csv:1: column "output_tokens" is there twice`},
		"bad date":         {"TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1\n", `t.csv:2: TIMESTAMP: "yesterday" (must be a time such as`},
		"truncated JSON":   {`{"timestamp": 0, "input_length": 1,`, "t.csv:1: not an object of JSON"},
		"missing key":      {`{"timestamp": 0, "input_length": 1}`, "t.csv:1: a key is missing"},
		"JSON type":        {`{"timestamp": 0, "input_length": "x", "output_length": 1}`, "t.csv:1: input_length: a string"},
		"JSON negative":    {`{"timestamp": 0, "input_length": -1, "output_length": 1}`, "t.csv:1: input_length: -1"},
		"truncated gzip":   {zipped(ownHeader + "0,1,1\n1,2,2\n")[:30], "t.csv:"},
		"endless line":     {ownHeader + strings.Repeat("1", longestLine+1), "t.csv:2: line too long"},
	} {
		_, err := Open(Spec{Trace: file(t, "t.csv", c.text)}, Options{})
		oneLine(t, name, err, c.want)
	}
}

func oneLine(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: accepted, want %q", name, want)
	case !strings.Contains(err.Error(), want), strings.Contains(err.Error(), "\n"):
		t.Errorf("%s: %q, want one line with %q", name, err, want)
	}
}

func TestSpecsAtFaultAreRefusedWithTheirKey(t *testing.T) {
	rate := func(x float64) Spec { return Spec{Arrivals: ArrivalSpec{Rate: &x}} }
	process := func(a ArrivalSpec) Spec { return Spec{Arrivals: a} }
	prompt := func(l LengthSpec) Spec { return Spec{Prompt: l} }
	own := file(t, "t.csv", samples["metronome"])
	untimed := file(t, "u.csv", "prompt_tokens,output_tokens\n1,1\n")
	at := file(t, "at.csv", ownHeader+"3,1,1\n3,1,1\n")
	for want, spec := range map[string]Spec{
		"workload.arrivals.rate: 0 (must be a finite number above 0)":                                rate(0),
		"workload.arrivals.rate: -3 (must be a finite number above 0)":                               rate(-3),
		"workload.arrivals.rate: NaN (must":                                                          rate(math.NaN()),
		"workload.arrivals.rate: +Inf (must":                                                         rate(math.Inf(1)),
		"workload.arrivals.rate: 1e-09 with 2000 requests lasts":                                     rate(1e-9),
		`workload.arrivals.process: unknown arrival process "poison" (have bursty, closed-loop, con`: process(ArrivalSpec{Process: "poison"}),
		"workload.arrivals.cv: not a parameter of poisson (takes rate, stages)":                      process(ArrivalSpec{Process: "poisson", CV: ptr(1.0)}),
		"workload.arrivals.cv: not a parameter of the default process":                               process(ArrivalSpec{CV: ptr(1.0)}),
		"workload.arrivals.cv: 0 (must be between":                                                   process(ArrivalSpec{Process: "gamma", CV: ptr(0.0)}),
		"workload.arrivals.shape: 2 beside cv 1":                                                     process(ArrivalSpec{Process: "weibull", CV: ptr(1.0), Shape: ptr(2.0)}),
		"workload.arrivals.burst_factor: 5 for a share of 0.5":                                       process(ArrivalSpec{Process: "mmpp", BurstShare: ptr(0.5)}),
		"workload.arrivals.users: missing":                                                           process(ArrivalSpec{Process: "closed-loop"}),
		"workload.arrivals.users: 0 (must be at least 1)":                                            process(ArrivalSpec{Process: "closed-loop", Users: ptr(0)}),
		"workload.arrivals.rate: not a parameter of closed-loop (takes users, think)":                process(ArrivalSpec{Process: "closed-loop", Users: ptr(1), Rate: ptr(1.0)}),
		"workload.arrivals.think: -1s":                                                               process(ArrivalSpec{Process: "closed-loop", Users: ptr(1), Think: ptr(-time.Second)}),
		"workload.arrivals.stages: beside a rate of 2 (write one of them)":                           process(ArrivalSpec{Rate: ptr(2.0), Stages: []Stage{{Rate: 1, Duration: 1}}}),
		"workload.arrivals.stages: not a parameter of closed-loop (takes users, think)":              process(ArrivalSpec{Process: "closed-loop", Users: ptr(1), Stages: []Stage{{Rate: 1, Duration: 1}}}),
		"workload.arrivals.stages: not a parameter of trace (takes rate)":                            {Trace: own, Arrivals: ArrivalSpec{Process: "trace", Stages: []Stage{{Rate: 1, Duration: 1}}}},
		"workload.arrivals.stages.1: duration 0s (must be above 0":                                   process(ArrivalSpec{Stages: []Stage{{Rate: 1, Duration: 1}, {Rate: 1}}}),
		"workload.arrivals.stages.0: rate -1 (must be between 0":                                     process(ArrivalSpec{Stages: []Stage{{Rate: -1, Duration: 1}}}),
		"workload.arrivals.stages.0: rate NaN (must be between 0":                                    process(ArrivalSpec{Stages: []Stage{{Rate: 1, To: ptr(math.NaN()), Duration: 1}}}),
		"workload.arrivals.stages: no request arrives (a rate must be above 0)":                      process(ArrivalSpec{Stages: []Stage{{Duration: time.Second}}}),
		"workload.arrivals.stages: last more than":                                                   process(ArrivalSpec{Stages: []Stage{{Rate: 1, Duration: longestSpan}, {Rate: 1, Duration: longestSpan}}}),
		`workload.arrivals.process = "trace": there is no trace`:                                     process(ArrivalSpec{Process: "trace"}),
		`workload.prompt.distribution: unknown length distribution "log"`:                            prompt(LengthSpec{Distribution: "log"}),
		"workload.prompt.mean: set without workload.prompt.distribution":                             prompt(LengthSpec{Mean: ptr(3.0)}),
		"workload.prompt.mean: not a parameter of fixed (takes value)":                               prompt(LengthSpec{Distribution: "fixed", Value: ptr(1), Mean: ptr(3.0)}),
		"workload.prompt.value: missing":                                                             prompt(LengthSpec{Distribution: "fixed"}),
		"workload.prompt.value: 0 (must be between 1 and":                                            prompt(LengthSpec{Distribution: "fixed", Value: ptr(0)}),
		"workload.prompt.max: missing":                                                               prompt(LengthSpec{Distribution: "uniform", Min: ptr(1)}),
		"workload.prompt.max: 4 (must be at least min, 5)":                                           prompt(LengthSpec{Distribution: "uniform", Min: ptr(5), Max: ptr(4)}),
		"workload.prompt.sd: missing":                                                                prompt(LengthSpec{Distribution: "normal", Mean: ptr(5.0)}),
		"workload.prompt.mean: NaN":                                                                  prompt(LengthSpec{Distribution: "normal", Mean: ptr(math.NaN()), SD: ptr(1.0)}),
		"workload.prompt.sd: +Inf":                                                                   prompt(LengthSpec{Distribution: "normal", Mean: ptr(5.0), SD: ptr(math.Inf(1))}),
		"workload.prompt.mean: missing (lognormal takes mean or median)":                             prompt(LengthSpec{Distribution: "lognormal"}),
		"workload.prompt.median: 2 beside mean 3":                                                    prompt(LengthSpec{Distribution: "lognormal", Mean: ptr(3.0), Median: ptr(2.0)}),
		"workload.prompt.exponent: missing":                                                          prompt(LengthSpec{Distribution: "zipf", Max: ptr(9)}),
		"workload.prompt.exponent: 1 (must be between":                                               prompt(LengthSpec{Distribution: "zipf", Max: ptr(9), Exponent: ptr(1.0)}),
		"workload.prompt.quantiles: 1 given":                                                         prompt(LengthSpec{Distribution: "empirical", Quantiles: []int{3}}),
		"workload.prompt.quantiles: [3 2] (must ascend)":                                             prompt(LengthSpec{Distribution: "empirical", Quantiles: []int{3, 2}}),
		"workload.prompt.at: 3 probabilities":                                                        prompt(LengthSpec{Distribution: "empirical", Quantiles: []int{2, 3}, At: []float64{0, 0.5, 1}}),
		"workload.prompt.at: 0 is followed by NaN":                                                   prompt(LengthSpec{Distribution: "empirical", Quantiles: []int{2, 3, 4}, At: []float64{0, math.NaN(), 1}}),
		`workload.prompt.distribution = "trace": there is no trace`:                                  prompt(LengthSpec{Distribution: "trace"}),
		`workload.source: unknown workload "azure" (have arxiv-16k, arxiv-4k, azure-code-2023`:       {Source: "azure"},
		`workload.source: unknown workload "../gpus/x" (have`:                                        {Source: "../gpus/x"},
		`workload.trace: "b" beside workload.source "a"`:                                             {Source: "a", Trace: "b"},
		"workload.trace: open nowhere.csv":                                                           {Trace: "nowhere.csv"},
		"workload.requests: 0 (must be at least 1)":                                                  {Requests: ptr(0)},
		"workload.requests: 4, but":                                                                  {Trace: own, Requests: ptr(4)},
		"workload.duration: 0s (must be above 0":                                                     {Duration: ptr(time.Duration(0))},
		"workload.duration: 2562047h47m16.854775807s (must be above 0 and at most":                   {Duration: ptr(time.Duration(math.MaxInt64))},
		"workload.time_scale: 0 (must":                                                               {Trace: own, TimeScale: ptr(0.0)},
		"workload: the arrivals of":                                                                  {Trace: own, TimeScale: ptr(1e300)},
		"workload.time_scale: there is no trace":                                                     {TimeScale: ptr(1.0)},
		"workload.window: [1s] (must be two ascending times":                                         {Trace: own, Window: []time.Duration{time.Second}},
		"workload.window: [1m0s 2m0s] holds no request":                                              {Trace: own, Window: []time.Duration{time.Minute, 2 * time.Minute}},
		"workload.window: " + untimed + " records no arrivals":                                       {Trace: untimed, Window: []time.Duration{0, time.Minute}},
		"workload.time_scale: " + untimed + " records no arrivals":                                   {Trace: untimed, TimeScale: ptr(2.0)},
		`workload.arrivals.process = "trace": ` + untimed:                                            {Trace: untimed, Arrivals: ArrivalSpec{Process: "trace"}},
		"workload.arrivals.rate: 2, but all of":                                                      {Trace: at, Arrivals: ArrivalSpec{Rate: ptr(2.0)}},
		"workload.resample: all of":                                                                  {Trace: at, Resample: true, Duration: ptr(time.Second)},
		"workload.resample: there is no trace":                                                       {Resample: true},
		`workload.zero: "drop" (must be "skip"`:                                                      {Trace: own, Zero: "drop"},
		"workload.timeout: -1s (must be above 0":                                                     {Timeout: ptr(-time.Second)},
		"workload.max_in_flight: 0 (must be at least 1)":                                             {MaxInFlight: ptr(0)},
		"workload.warmup: -1s (must be between 0 and":                                                {Warmup: -time.Second},
	} {
		_, err := Open(spec, Options{Profiles: os.DirFS("../profiles")})
		oneLine(t, want, err, want)
	}
}

func TestOnlyLengthsThatCanNeverFitAreRefused(t *testing.T) {
	s := lengths(100, 50)
	for context, want := range map[int]string{
		0: "", 150: "",
		149: "workload.prompt: the shortest prompt and reply, 100 + 50 tokens, exceed the context (must fit into 149 tokens)",
	} {
		if _, err := Open(s, Options{Context: context}); want == "" && err != nil {
			t.Errorf("context %d: %v", context, err)
		} else if want != "" {
			oneLine(t, "context", err, want)
		}
	}
	s.Prompt = LengthSpec{Distribution: "uniform", Min: ptr(10), Max: ptr(100_000)}
	if all := draw(t, open(t, s, Options{Context: 4096})); !slicesContainLonger(all, 4096) {
		t.Error("requests beyond the context are hidden")
	}
	if _, err := Open(Spec{Trace: file(t, "t.csv", samples["metronome"])}, Options{Context: 100}); err != nil {
		t.Errorf("a trace is judged request by request: %v", err)
	}
}

func slicesContainLonger(all []Request, context int) bool {
	for _, r := range all {
		if r.PromptTokens+r.OutputTokens > context {
			return true
		}
	}
	return false
}
