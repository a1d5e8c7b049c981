package accuracy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"metronome/hardware"
)

// closedLoops are the operating points of vLLM in the table of closed loops.
//
// What the table does not tell is set by engine version, GPU and model, never by
// row: InferenceX ran with a cache in fp8 on H200 and in bf16 on H100, as the
// concurrency at which their queues begin shows. Points at a concurrency of 512 are
// left out: what limited their batch is not recorded.
func closedLoops(t *testing.T) *section {
	s := &section{title: "Closed loops: time per output token", text: `Mean TPOT of vLLM under closed-loop load (SemiAnalysis InferenceX; NVIDIA), FP8 and MXFP4 weights included, against the
engine profiles vllm-0.11, vllm-0.12 and vllm-0.18. Their constants, and the throttle of the two GPUs, were chosen on these very points, a handful for all; no point has its own.
Six points at a concurrency of 512 are left out, because what limited their batch is not recorded; two that no law can meet (4,000 tokens prefilled for nothing; 32 users slower than 64) are not.`}
	for _, r := range records(t, "closed_loop/closed_loop.csv") {
		if r["engine"] != "vllm" || r["concurrency"] == "512" {
			continue
		}
		spec := loopSpec(r)
		d, cost := deploy(t, spec, r.whole("tp"))
		blocks, err := d.KVBlocks(16)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		length := func(column string) func() int {
			n := r.whole(column)
			if r["source"] != "inferencex" {
				return func() int { return n }
			}
			return func() int { return n*8/10 + rng.IntN(n/5+1) }
		}
		clients := r.whole("concurrency")
		l := loop{cost: cost, capacity: blocks * 16, budget: 8192, requests: 4 * clients, prompt: length("isl"), output: length("osl")}
		s.add(spec.GPU+" "+spec.Model+" tp"+r["tp"], l.meanTPOT(clients).Seconds()*1e3, r.number("tpot_ms_mean_or_median"))
	}
	slices.Sort(s.families)
	return s
}

// loopSpec returns the deployment of an operating point.
func loopSpec(r record) hardware.Spec {
	s := hardware.Spec{
		GPU:       strings.ReplaceAll(r["gpu"], "_", "-"),
		Model:     map[string]string{"meta-llama/Llama-3.1-70B": "llama-3.1-70b", "openai/gpt-oss-120b": "gpt-oss-120b", "Qwen/Qwen3-32B": "qwen3-32b"}[r["model"]],
		Precision: map[string]hardware.Precision{"fp8": hardware.FP8, "fp4": hardware.MXFP4}[r["precision"]],
	}
	switch {
	case r["source"] != "inferencex":
		s.Engine = "vllm-0.12"
	case s.Model == "gpt-oss-120b":
		s.Engine = "vllm-0.18"
	default:
		s.Engine = "vllm-0.11"
	}
	if s.GPU == "h200-sxm" {
		s.KVPrecision = hardware.FP8
	}
	return s
}

// A loop is one replica with the batching of vLLM V1, whose clients each send
// their next request when the last is done.
type loop struct {
	cost           hardware.CostModel
	capacity       int // positions in the KV cache
	budget         int // tokens per iteration
	requests       int
	prompt, output func() int

	running, waiting []*request
	issued, used     int
	now, sum         time.Duration
}

type request struct {
	prompt, output int // tokens
	computed       int // tokens in the cache
	earlier        int // output tokens before the last preemption
	first          time.Duration
}

// tokens returns the output tokens so far.
func (r *request) tokens() int { return r.earlier + r.computed - r.prompt + 1 }

// meanTPOT returns the mean over requests of the time per output token.
func (l *loop) meanTPOT(clients int) time.Duration {
	for range clients {
		l.issue()
	}
	for done := 0; done < l.requests; {
		done += l.iterate()
	}
	return l.sum / time.Duration(l.requests)
}

func (l *loop) issue() {
	if l.issued < l.requests {
		l.issued++
		l.waiting = append(l.waiting, &request{prompt: l.prompt(), output: max(2, l.output())})
	}
}

// iterate runs an iteration and returns how many requests it finished.
func (l *loop) iterate() int {
	var s hardware.Shape
	preempted := l.makeRoom()
	budget := l.budget - l.decode(&s)
	for _, r := range l.running {
		budget -= prefill(&s, r, budget)
	}
	for len(l.waiting) > 0 && budget > 0 && !preempted && l.used+l.waiting[0].prompt <= l.capacity {
		r := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.running = append(l.running, r)
		l.used += r.prompt
		budget -= prefill(&s, r, budget)
	}
	l.now += l.cost.IterationTime(s)
	return l.retire()
}

// makeRoom preempts the last requests until each decode has a position.
func (l *loop) makeRoom() (preempted bool) {
	for l.used+len(l.running) > l.capacity {
		r := l.running[len(l.running)-1]
		l.running = l.running[:len(l.running)-1]
		l.used -= max(r.computed, r.prompt)
		if r.computed >= r.prompt {
			r.earlier, r.prompt = r.tokens(), r.computed+1
		}
		r.computed = 0
		l.waiting = append([]*request{r}, l.waiting...)
		preempted = true
	}
	return preempted
}

func (l *loop) decode(s *hardware.Shape) int {
	for _, r := range l.running {
		if r.computed >= r.prompt {
			s.Decodes++
			s.DecodeContext += r.computed
			r.computed++
			l.used++
		}
	}
	return s.Decodes
}

func prefill(s *hardware.Shape, r *request, budget int) int {
	n := min(budget, r.prompt-r.computed)
	if n <= 0 {
		return 0
	}
	s.Chunk(n, r.computed)
	r.computed += n
	return n
}

// retire notes first tokens and takes out the requests that are done.
func (l *loop) retire() int {
	kept := l.running[:0]
	done := 0
	for _, r := range l.running {
		if r.computed >= r.prompt && r.first == 0 {
			r.first = l.now
		}
		if r.computed < r.prompt || r.tokens() < r.output {
			kept = append(kept, r)
			continue
		}
		done++
		l.used -= r.computed
		l.sum += (l.now - r.first) / time.Duration(r.output-1)
		l.issue()
	}
	l.running = kept
	return done
}
