package validation

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An Experiment is a setting in which an engine was recorded. Numbers that are 0
// were not recorded.
type Experiment struct {
	ID, Family      string
	Model           string // id as on Hugging Face
	GPU             string
	Precision       string
	KVPrecision     string // of the KV cache
	Engine, Version string
	Eager           bool // without CUDA graphs

	Tensor, Pipeline, Expert, Data int // degrees of parallelism

	MaxModelLen, MaxSequences, TokenBudget, BlockSize int // tokens; sequences
	Blocks                                            int // of the KV cache of a replica
	MemoryUtilization                                 float64
	PrefixCaching                                     bool
	Unchunked                                         bool    // a prompt waits until an iteration holds all of it
	OffloadGiB                                        float64 // memory of the host for copies of KV blocks

	Stages        []Stage
	Requests      int
	PromptTokens  int // asked of the generator
	OutputTokens  int // of every reply
	UniquePrompts int // sent in turn
	Sharing       Sharing
	MaxInFlight   int
	Timeout       time.Duration // after which the client gives up

	Overloaded  bool // as recorded: the queue grew
	RequestFile string
}

// A Stage is a time of constant load.
type Stage struct {
	Rate     float64 // requests per second
	Duration time.Duration
}

// A Sharing tells which prompts begin alike: those of a group, with as many tokens.
type Sharing struct{ Groups, PerGroup, Tokens int }

// clientTimeout is how long the recorded clients waited for a reply.
const clientTimeout = 300 * time.Second

var experimentColumns = []string{"exp_id", "model", "gpu", "tp", "stages", "input_nominal", "output_tokens"}

// readExperiments reads experiments.csv.
func readExperiments(files fs.FS, complain func(error)) (all []Experiment, err error) {
	seen := map[string]bool{}
	err = eachRow(files, "experiments.csv", experimentColumns, complain, func(r *row) {
		x := readExperiment(r)
		if seen[x.ID] || x.ID == "" {
			r.wrong("exp_id", "must be there, and only once")
		}
		seen[x.ID] = true
		if r.fault == nil {
			all = append(all, x)
		}
	})
	return all, err
}

func readExperiment(r *row) Experiment {
	x := Experiment{
		ID: r.text("exp_id"), Family: r.text("family"), Model: r.text("model"), GPU: r.text("gpu"), Precision: r.text("dtype"),
		Engine: r.text("engine"), Version: r.text("engine_version"),
		KVPrecision: r.text("kv_dtype"), Eager: r.truth("enforce_eager"),
		Tensor: max(1, r.whole("tp")), Data: max(1, ifAny(r, "dp", (*row).whole)),
		Pipeline: max(1, ifAny(r, "pp", (*row).whole)), Expert: max(1, ifAny(r, "ep", (*row).whole)),
		MaxModelLen: r.count("max_model_len"), MaxSequences: r.count("max_num_seqs"), BlockSize: r.count("block_size"),
		TokenBudget: r.count("max_num_batched_tokens"), Blocks: ifAny(r, "kv_blocks_gpu", (*row).whole),
		MemoryUtilization: ifAny(r, "gpu_mem_util", (*row).positive),
		PrefixCaching:     r.truth("prefix_caching"),
		Unchunked:         r.text("chunked_prefill") != "" && !r.truth("chunked_prefill"),
		OffloadGiB:        r.gibibytes("cpu_kv_offload"),
		Requests:          ifAny(r, "n_requests", (*row).whole), OutputTokens: r.count("output_tokens"), PromptTokens: r.count("input_nominal"),
		UniquePrompts: ifAny(r, "unique_prompts", (*row).whole), Sharing: sharing(r.text("workload")),
		MaxInFlight: inFlight(r.text("arrival")), Timeout: clientTimeout,
		Overloaded:  strings.EqualFold(r.text("overloaded"), "true"),
		RequestFile: r.text("request_file"),
	}
	x.Stages = readStages(r)
	if x.RequestFile == "" && (x.OutputTokens == 0 || x.PromptTokens == 0) {
		r.wrong("output_tokens", "with input_nominal it must be a number, if there is no request_file")
	}
	return x
}

// readStages reads a JSON list of pairs: requests per second, seconds.
func readStages(r *row) (stages []Stage) {
	var pairs [][2]float64
	if err := json.Unmarshal([]byte(r.text("stages")), &pairs); err != nil || len(pairs) == 0 {
		r.wrong("stages", "must be a list such as [[5, 600], [10, 600]]")
	}
	for _, p := range pairs {
		if n := p[0] * p[1]; !(p[0] > 0 && p[1] > 0 && n <= 1e7 && p[1] <= 1e6) {
			r.fail(fmt.Errorf("%s:%d: stages: %v (rates and seconds must be above 0, and ask for 10 million requests at most)", r.file, r.line, p))
			return nil
		}
		stages = append(stages, Stage{p[0], time.Duration(p[1] * 1e9)})
	}
	return stages
}

var (
	inFlightText = regexp.MustCompile(`at most (\d+) requests in flight`)
	sharingText  = regexp.MustCompile(`shared_prefix (\d+)x(\d+), (\d+)\+`)
)

// inFlight returns the limit that a description of arrivals names, or 0.
func inFlight(arrival string) int {
	if m := inFlightText.FindStringSubmatch(arrival); m != nil {
		return firstNumber(m[1])
	}
	return 0
}

// sharing returns what a description such as "shared_prefix 10x10, 128+64 in" names.
func sharing(workload string) (s Sharing) {
	m := sharingText.FindStringSubmatch(workload)
	if m == nil {
		return s
	}
	for i, field := range []*int{&s.Groups, &s.PerGroup, &s.Tokens} {
		*field, _ = strconv.Atoi(m[i+1])
	}
	return s
}
