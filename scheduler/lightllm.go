package scheduler

import (
	"cmp"
	"fmt"
	"slices"
)

func init() {
	Register(Kind{
		Name: "lightllm", Doc: "LightLLM: prompts only or decodes only, admission by the predicted peak of memory, token by token",
		Budget:    wholePrompts,
		BlockSize: 1,
		New:       func(l Limits) Policy { return &LightLLM{Limits: l, DecodeRun: 10} },
	})
}

// LightLLM runs prompts alone, when nothing decodes or after a run of decodes,
// and admits only while the peak of memory that the batch can reach stays within
// the cache, so that it never preempts.
type LightLLM struct {
	Limits
	DecodeRun int `toml:"decode_run"` // decode iterations between two looks at the waiting prompts

	waiting FIFO
	decoded int // iterations since prompts ran
	futures []future
}

// A future is what an admitted sequence may still need.
type future struct{ cached, left int }

// Validate implements Validator.
func (p *LightLLM) Validate() error { return within("decode_run", &p.DecodeRun, 1, 1<<20) }

// Add implements Policy.
func (p *LightLLM) Add(s *Sequence) { p.waiting.Push(s) }

// Refuse implements Refuser.
func (p *LightLLM) Refuse(s *Sequence, b *Batch) string {
	if s.PromptTokens > p.TokenBudget {
		return fmt.Sprintf("a prompt of %d tokens does not fit the token budget of %d, and is not chunked", s.PromptTokens, p.TokenBudget)
	}
	return refuseBeyond(b.Share(), s, b)
}

// Schedule implements Policy.
func (p *LightLLM) Schedule(b *Batch) {
	if b.Decodes() == 0 || p.decoded >= p.DecodeRun {
		p.admit(b)
	}
	if b.Shape().Prefills > 0 {
		p.decoded = 0
		return
	}
	p.decoded++
	b.Decode()
}

// admit costs O(batch · log batch), once per DecodeRun iterations.
func (p *LightLLM) admit(b *Batch) {
	if p.waiting.Front() == nil {
		return
	}
	p.futures = p.futures[:0]
	for s := range b.Members {
		cached := b.Context(s)
		p.futures = append(p.futures, future{cached, s.Bound() - cached})
	}
	slices.SortFunc(p.futures, longestFirst)
	for s := p.waiting.Front(); s != nil && b.Slot() && p.takes(b, s); s = p.waiting.Front() {
		b.Admit(p.waiting.Pop())
		b.Prefill(s, s.Remaining())
	}
}

// takes reports whether s fits the budget and the cache, and counts it in if so.
// What has to be computed again after a crash may have outgrown the budget: it
// then runs alone.
func (p *LightLLM) takes(b *Batch, s *Sequence) bool {
	alone := s.Preemptions > 0 && b.Shape().Prefills == 0
	if !alone && b.Shape().PrefillTokens+s.Remaining() > p.TokenBudget {
		return false
	}
	f := future{s.Remaining(), s.Bound() - s.Remaining()}
	at, _ := slices.BinarySearchFunc(p.futures, f, longestFirst)
	p.futures = slices.Insert(p.futures, at, f)
	if peakBlocks(p.futures, b.BlockSize()) > b.Share() || !b.Fits(s, s.Remaining()) { // what is being handed over is no member
		p.futures = slices.Delete(p.futures, at, at+1)
		return false
	}
	return true
}

// peakBlocks returns the most blocks that sequences with the given futures,
// longest first, can hold at once: when one ends, those before it still run.
func peakBlocks(futures []future, blockSize int) int {
	peak, cached := 0, 0
	for i, f := range futures {
		cached += f.cached
		tokens := cached + (i+1)*(f.left+blockSize-1) // every last block may be part empty
		peak = max(peak, tokens/blockSize)
	}
	return peak
}

func longestFirst(a, b future) int { return cmp.Compare(b.left, a.left) }
