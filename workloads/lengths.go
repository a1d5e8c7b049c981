package workloads

import (
	"cmp"
	"fmt"
	"math/rand/v2"
)

// MostTokens is the largest length of a prompt or a reply.
const MostTokens = 1 << 30

// A LengthSpec is the table [workload.prompt] or [workload.output] of an
// experiment: how long prompts or replies are, in tokens. A field that was not
// written is nil.
type LengthSpec struct {
	Distribution string `toml:"distribution,omitempty"`

	Value     *int      `toml:"value,omitempty"`     // the one length
	Mean      *float64  `toml:"mean,omitempty"`      // before min and max clip
	Median    *float64  `toml:"median,omitempty"`    // in place of the mean
	SD        *float64  `toml:"sd,omitempty"`        // standard deviation, before min and max clip
	CV        *float64  `toml:"cv,omitempty"`        // sd over mean, in place of sd
	Exponent  *float64  `toml:"exponent,omitempty"`  // of the power law
	Quantiles []int     `toml:"quantiles,omitempty"` // lengths, ascending
	At        []float64 `toml:"at,omitempty"`        // probabilities of the quantiles, from 0 to 1; default evenly spaced
	Min       *int      `toml:"min,omitempty"`
	Max       *int      `toml:"max,omitempty"`
}

// Lengths are random numbers of tokens.
type Lengths interface {
	// Next returns the next length, at least 1 and at most MostTokens.
	Next() int

	// Least returns a length that no draw is below.
	Least() int
}

// A LengthDistribution is a registered kind of lengths.
type LengthDistribution struct {
	Name        string
	Description string   // one line
	Keys        []string // the keys of [workload.prompt] and [workload.output] that it takes

	// New returns lengths drawn from the stream, or an error that starts with
	// the key at fault. It is nil where lengths come from the trace.
	New func(LengthSpec, *rand.Rand) (Lengths, error)
}

var distributions = registry[LengthDistribution]{kind: "length distribution"}

// RegisterLengths adds a length distribution. It panics if the name is taken.
func RegisterLengths(d LengthDistribution) { distributions.add(d.Name, d) }

const distributionTrace = "trace"

func init() {
	RegisterLengths(LengthDistribution{
		Name:        distributionTrace,
		Description: "as recorded in the trace",
	})
}

// validate checks the table at a path such as "workload.prompt".
func (l LengthSpec) validate(path string) error {
	if l.Distribution == "" {
		if keys := written(l); len(keys) > 0 {
			return fmt.Errorf("%s.%s: set without %s.distribution (one of %s)", path, keys[0], path, list(distributions.names()))
		}
		return nil
	}
	d, err := distributions.find(path+".distribution", l.Distribution)
	if err != nil {
		return err
	}
	if err := onlyTakes(path, l, d.Name, d.Keys); err != nil {
		return err
	}
	if err := l.validateBounds(path); err != nil {
		return err
	}
	_, err = l.lengths(path, Stream(0, "check"))
	return err
}

func (l LengthSpec) validateBounds(path string) error {
	if err := cmp.Or(within(path+".min", l.Min, 1, MostTokens), within(path+".max", l.Max, 1, MostTokens)); err != nil {
		return err
	}
	if low, high := l.bounds(); low > high {
		return fmt.Errorf("%s.max: %d (must be at least min, %d)", path, high, low)
	}
	return nil
}

// bounds returns the least and the largest length allowed.
func (l LengthSpec) bounds() (low, high int) { return or(l.Min, 1), or(l.Max, MostTokens) }

// lengths returns the lengths that the table describes, nil if they are those of
// the source.
func (l LengthSpec) lengths(path string, random *rand.Rand) (Lengths, error) {
	d := distributions.entries[l.Distribution]
	if d.New == nil {
		return nil, nil
	}
	drawn, err := d.New(l, random)
	if err != nil {
		return nil, fmt.Errorf("%s.%w", path, err)
	}
	return drawn, nil
}
