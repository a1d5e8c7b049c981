package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"metronome/hardware"
)

// explanation is the command that breaks an iteration into operators.
type explanation struct {
	runFlags
	batch           []int
	context         int
	prefill, cached int
}

func explainCommand() *cobra.Command {
	e := new(explanation)
	c := &cobra.Command{
		Use:     "explain [EXPERIMENT.toml]",
		Short:   "Break the time of an iteration into operators",
		Example: "  metronome explain --batch 64 --context 2048\n  metronome explain --batch 1,8,64,256 --set deployment.gpu=a100-sxm",
		Args:    cobra.MaximumNArgs(1),
		RunE:    e.run,
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.IntSliceVar(&e.batch, "batch", []int{32}, "sequences that decode; several, with commas, are a sweep")
	flags.IntVar(&e.context, "context", 1024, "tokens that each of them has cached")
	flags.IntVar(&e.prefill, "prefill", 0, "prompt tokens computed beside them, one chunk")
	flags.IntVar(&e.cached, "cached", 0, "tokens cached before the chunk")
	flags.StringArrayVar(&e.settings, "set", nil, "set a key of the experiment, as in `key=value`; repeatable")
	flags.BoolVar(&e.json, "json", false, "print one JSON object")
	e.addProfiles(c)
	return c
}

func (e *explanation) run(c *cobra.Command, args []string) error {
	o, err := e.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	x, err := e.experiment(c, args, o)
	if err != nil {
		return err
	}
	d, err := hardware.Open(o.Profiles, x.Deployment.Spec)
	if err != nil {
		return err
	}
	shapes, err := e.shapes()
	if err != nil {
		return err
	}
	text, err := e.text(&d, shapes)
	if err != nil {
		return err
	}
	return write(c, text)
}

// shapes returns the iterations that the flags ask for.
func (e *explanation) shapes() ([]hardware.Shape, error) {
	if e.context < 0 || e.prefill < 0 || e.cached < 0 || max(e.context, e.prefill, e.cached) > 1<<24 {
		return nil, fmt.Errorf("explain: --context %d, --prefill %d, --cached %d (must be 0 to %d)", e.context, e.prefill, e.cached, 1<<24)
	}
	if e.cached > 0 && e.prefill == 0 {
		return nil, fmt.Errorf("explain: --cached %d: no chunk (it needs --prefill)", e.cached)
	}
	var shapes []hardware.Shape
	for _, n := range e.batch {
		s := hardware.Shape{Decodes: n, DecodeContext: n * e.context}
		if n < 0 || n > 1<<20 || n+e.prefill == 0 {
			return nil, fmt.Errorf("explain: --batch %d (must be 0 to %d, and above 0 without --prefill)", n, 1<<20)
		}
		if e.prefill > 0 {
			s.Chunk(e.prefill, e.cached)
		}
		shapes = append(shapes, s)
	}
	return shapes, nil
}

func (e *explanation) text(d *hardware.Deployment, shapes []hardware.Shape) ([]byte, error) {
	if e.json {
		return explainJSON(d, shapes)
	}
	var b strings.Builder
	for _, line := range d.Assumptions() {
		page{out: &b}.text("", line)
	}
	if len(shapes) == 1 {
		explainOne(&b, d.Explain(shapes[0]))
	} else {
		explainSweep(&b, d, shapes)
	}
	return []byte(b.String()), nil
}

// explainOne prints an operator a line, with a bar for its share of the time.
func explainOne(b *strings.Builder, lines []hardware.Line) {
	fmt.Fprintf(b, "\n%-24s%5s%8s%8s%9s%5s%6s %s\n", "operator", "calls", "ms", "GB", "GFLOP", "used", "share", "bound by")
	total := 0.0
	for _, l := range lines {
		total += l.Seconds
		text := fmt.Sprintf("%-24s%5.0f%8.3f%8.3f%9.1f%4.0f%%%5.0f%% %-7s %s", l.Operator, l.Calls, l.Seconds*1e3, l.Bytes/1e9, l.FLOPs/1e9,
			100*used(l), 100*l.Share, limit(l), bar(l.Share, 8))
		fmt.Fprintln(b, strings.TrimRight(text, " "))
	}
	fmt.Fprintf(b, "%-29s%8.3f\n", "iteration", total*1e3)
}

// explainSweep prints an iteration a line, with the operators that take the most.
func explainSweep(b *strings.Builder, d *hardware.Deployment, shapes []hardware.Shape) {
	fmt.Fprintf(b, "\n%8s%10s%11s  %s\n", "batch", "ms", "tokens/s", "most of it")
	longest := 0.0
	times := make([]float64, len(shapes))
	for i, s := range shapes {
		for _, l := range d.Explain(s) {
			times[i] += l.Seconds
		}
		longest = max(longest, times[i])
	}
	for i, s := range shapes {
		var most hardware.Line
		for _, l := range d.Explain(s) {
			if l.Seconds > most.Seconds {
				most = l
			}
		}
		text := fmt.Sprintf("%s %.0f%% (%s)", most.Operator, 100*most.Share, limit(most))
		fmt.Fprintf(b, "%8d%10s%11s  %-32s%s\n", s.Decodes, figure(times[i]*1e3), figure(float64(s.Decodes)/times[i]), text, bar(times[i]/longest, 16))
	}
}

// used returns the share of the datasheet's peak that bounds an operator.
func used(l hardware.Line) float64 {
	if l.Seconds == 0 {
		return 0
	}
	return l.Bound() / l.Seconds
}

func limit(l hardware.Line) string {
	if l.Operator == "engine" {
		return "host"
	}
	return l.Limit()
}

func bar(share float64, width int) string {
	return strings.Repeat("█", int(math.Round(share*float64(width))))
}

// explainedOperator is a line of the JSON of explain.
type explainedOperator struct {
	Operator    string  `json:"operator"`
	Calls       float64 `json:"calls"`
	Millis      float64 `json:"ms"`
	Bytes       float64 `json:"bytes"`
	FLOPs       float64 `json:"flops"`
	Utilisation float64 `json:"utilisation"`
	Share       float64 `json:"share"`
	Limit       string  `json:"bound_by"`
}

// explainedIteration is one iteration of the JSON of explain.
type explainedIteration struct {
	Decodes       int                 `json:"decodes"`
	Context       int                 `json:"decode_context"`
	PrefillTokens int                 `json:"prefill_tokens"`
	Millis        float64             `json:"ms"`
	Operators     []explainedOperator `json:"operators"`
}

func explainJSON(d *hardware.Deployment, shapes []hardware.Shape) ([]byte, error) {
	var all []explainedIteration
	for _, s := range shapes {
		it := explainedIteration{Decodes: s.Decodes, Context: s.DecodeContext, PrefillTokens: s.PrefillTokens}
		for _, l := range d.Explain(s) {
			it.Millis += l.Seconds * 1e3
			it.Operators = append(it.Operators, explainedOperator{l.Operator, l.Calls, l.Seconds * 1e3, l.Bytes, l.FLOPs, used(l), l.Share, limit(l)})
		}
		all = append(all, it)
	}
	text, err := json.Marshal(map[string]any{"schema": schema, "assumed": d.Assumptions(), "iterations": all})
	return append(text, '\n'), err
}
