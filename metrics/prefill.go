package metrics

import (
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/BurntSushi/toml"
)

// A Reference is the deployment whose lone prefills set the deadlines.
type Reference struct {
	GPU            string `toml:"gpu"`
	Model          string `toml:"model"`
	TensorParallel int    `toml:"tensor_parallel,omitempty"` // 0 is 1
	TokenBudget    int    `toml:"token_budget,omitempty"`    // 0 is the experiment's
}

func (r *Reference) validate() error {
	switch {
	case r.GPU == "":
		return fmt.Errorf("slo.reference.gpu: missing (must name a GPU)")
	case r.Model == "":
		return fmt.Errorf("slo.reference.model: missing (must name a model)")
	case r.TensorParallel < 0:
		return fmt.Errorf("slo.reference.tensor_parallel: %d (must be above 0)", r.TensorParallel)
	case r.TokenBudget < 0:
		return fmt.Errorf("slo.reference.token_budget: %d (must be above 0)", r.TokenBudget)
	}
	return nil
}

// A Prefill is the measured time to first token of a lone request: a curve, or
// the name of a file that holds one.
type Prefill struct {
	File  string
	Curve Curve
}

// UnmarshalTOML reads the name of a file or a list of [tokens, "duration"].
func (p *Prefill) UnmarshalTOML(v any) (err error) {
	if name, ok := v.(string); ok {
		p.File = name
		return nil
	}
	return p.Curve.UnmarshalTOML(v)
}

// MarshalTOML implements toml.Marshaler.
func (p Prefill) MarshalTOML() ([]byte, error) {
	if p.File != "" {
		return fmt.Appendf(nil, "%q", p.File), nil
	}
	b := []byte("[")
	for i, q := range p.Curve {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, "[%d, %q]", q.Tokens, q.Time)
	}
	return append(b, ']'), nil
}

func (p *Prefill) validate() error {
	if p.File != "" {
		return nil
	}
	return p.Curve.validate()
}

// A Curve tells the time to first token by the length of the prompt: linear
// between its points, and continued with the slope of its ends.
type Curve []Point

// A Point is one measured prefill.
type Point struct {
	Tokens int
	Time   time.Duration
}

// ReadCurve reads a TOML file with one key: points = [[tokens, "duration"], …].
// The name is for errors.
func ReadCurve(name string, r io.Reader) (Curve, error) {
	var file struct {
		Points Curve `toml:"points"`
	}
	meta, err := toml.NewDecoder(r).Decode(&file)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %q (only points is allowed)", meta.Undecoded()[0])
	}
	if err == nil {
		err = file.Points.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return file.Points, nil
}

// UnmarshalTOML reads a list of [tokens, "duration"].
func (c *Curve) UnmarshalTOML(v any) error {
	rows, ok := v.([]any)
	if !ok {
		return fmt.Errorf("%v (must be a list of [tokens, \"duration\"])", v)
	}
	*c = nil
	for _, row := range rows {
		p, err := pointOf(row)
		if err != nil {
			return err
		}
		*c = append(*c, p)
	}
	return nil
}

func pointOf(v any) (Point, error) {
	bad := fmt.Errorf("%v (must be [tokens, \"duration\"])", v)
	pair, ok := v.([]any)
	if !ok || len(pair) != 2 {
		return Point{}, bad
	}
	tokens, isInt := pair[0].(int64)
	text, isText := pair[1].(string)
	if !isInt || !isText {
		return Point{}, bad
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return Point{}, bad
	}
	return Point{int(tokens), d}, nil
}

func (c Curve) validate() error {
	if len(c) < 2 {
		return fmt.Errorf("slo.prefill: %d points (must be at least 2)", len(c))
	}
	for i, p := range c {
		if p.Tokens <= 0 || p.Time <= 0 {
			return fmt.Errorf("slo.prefill: [%d, %q] (must be above 0)", p.Tokens, p.Time)
		}
		if i > 0 && (p.Tokens <= c[i-1].Tokens || p.Time < c[i-1].Time) {
			return fmt.Errorf("slo.prefill: [%d, %q] after [%d, %q] (tokens must rise, and times not fall)",
				p.Tokens, p.Time, c[i-1].Tokens, c[i-1].Time)
		}
	}
	return nil
}

// At returns the time to first token of a prompt, never below 0. The curve must
// have at least two points, as every curve that was read has.
func (c Curve) At(tokens int) time.Duration {
	i := sort.Search(len(c), func(i int) bool { return c[i].Tokens >= tokens })
	i = min(max(i, 1), len(c)-1)
	a, b := c[i-1], c[i]
	slope := float64(b.Time-a.Time) / float64(b.Tokens-a.Tokens)
	return max(0, a.Time+time.Duration(slope*float64(tokens-a.Tokens)))
}
