package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"metronome/hardware"
)

// A Policy decides what a replica computes in each iteration. It must not read
// Sequence.OutputTokens: what it may know of a reply is its bound, MaxTokens.
type Policy interface {
	// Add hands over a sequence that has arrived.
	Add(*Sequence)

	// Schedule plans the next iteration. Leaving b empty idles the replica
	// until the next Add.
	Schedule(b *Batch)
}

// A Refuser is a policy that cannot run every sequence that the cache could
// hold. Refuse is asked once, at arrival; it returns the reason, or "".
type Refuser interface {
	Refuse(s *Sequence, b *Batch) string
}

// A Validator is a policy whose own parameters have a range. Validate names the
// first key that is out of it.
type Validator interface {
	Validate() error
}

// Limits are the bounds that policies work within, and what they may know of
// their replica and its clients. A policy must stand a zero value, of which it
// is only asked for its parameters.
type Limits struct {
	TokenBudget  int // tokens per iteration
	LongestChunk int // prompt tokens of one sequence per iteration

	Cost    hardware.CostModel // of the replica
	TBT     time.Duration      // D_d, the time between two tokens that clients expect; the shortest of all
	NoReset bool               // deadlines that were missed count for all later tokens
	Weights map[string]float64 // shares of tenants; 1 where none is given
}

// A Kind is a registered policy.
type Kind struct {
	Name, Doc string

	// Budget is the token budget where none is asked for, given the most tokens
	// of a prompt and its reply; nil means DefaultBudget.
	Budget func(maxModelLen int) int

	// BlockSize is the block size where none is asked for; 0 means DefaultBlockSize.
	BlockSize int

	// Prefixes tells that the policy matches sequences against the prefix cache
	// before it admits them.
	Prefixes bool

	// Imports tells that the policy makes room for the growth of sequences that it
	// has not admitted: those whose KV cache comes from another replica.
	Imports bool

	// Offloads tells that the policy lets sequences wait for blocks from the memory of
	// the host.
	Offloads bool

	// Async tells that the engine may plan an iteration while the one before it runs.
	Async bool

	// New returns the policy with its own parameters at their defaults. They are
	// exported fields with a toml tag.
	New func(Limits) Policy
}

var kinds = map[string]Kind{}

// Register makes a policy known by its name. It panics if the name is taken.
func Register(k Kind) {
	if _, taken := kinds[k.Name]; taken {
		panic(fmt.Sprintf("scheduler: policy %q is registered twice", k.Name))
	}
	kinds[k.Name] = k
}

// Kinds returns the registered policies in order of name.
func Kinds() []Kind {
	return slices.SortedFunc(maps.Values(kinds), func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
}

// Lookup returns the policy of the given name.
func Lookup(name string) (Kind, error) {
	k, ok := kinds[name]
	if !ok {
		return Kind{}, fmt.Errorf("scheduler.policy: unknown policy %q (have %s)", name, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	return k, nil
}

// wholePrompts is the budget of policies that run prompts whole: as the engines
// of their time, they take any prompt that the model takes.
func wholePrompts(maxModelLen int) int { return max(DefaultBudget, maxModelLen) }

// decode runs every decode, preempting the newest sequences while the cache
// cannot hold the blocks that the decodes open. It reports whether it did.
func decode(b *Batch, waiting Line) (preempted bool) {
	for b.Shortfall() > 0 {
		s := b.Newest()
		b.Preempt(s)
		waiting.Push(s)
		preempted = true
	}
	b.Decode()
	return preempted
}
