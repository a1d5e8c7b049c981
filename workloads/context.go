package workloads

import "fmt"

// checkContext refuses lengths that can only be beyond the context. That some
// are is no error: such requests are yielded, and rejected one by one.
func (w *Workload) checkContext(context int) error {
	prompt, output := w.leastPrompt(), w.leastOutput()
	if context == 0 || prompt+output <= context {
		return nil
	}
	key := "workload.source"
	if w.spec.Prompt.drawn() {
		key = "workload.prompt"
	}
	if w.spec.Output.drawn() && output > prompt {
		key = "workload.output"
	}
	return fmt.Errorf("%s: the shortest prompt and reply, %d + %d tokens, exceed the context (must fit into %d tokens)", key, prompt, output, context)
}

// drawn reports whether lengths are drawn, not those of the source.
func (l LengthSpec) drawn() bool {
	return l.Distribution != "" && l.Distribution != distributionTrace
}

func (w *Workload) leastPrompt() int {
	if e, ok := w.origin.(Embedded); ok && !w.spec.Prompt.drawn() {
		return e.Lengths.Prompt[0]
	}
	return w.spec.Prompt.least()
}

func (w *Workload) leastOutput() int {
	if e, ok := w.origin.(Embedded); ok && !w.spec.Output.drawn() {
		return e.Lengths.leastOutput()
	}
	return w.spec.Output.least()
}

// least returns a length that no draw of a valid table is below; 1 if lengths
// are those of a trace, whose requests are judged one by one.
func (l LengthSpec) least() int {
	drawn, err := l.lengths("", Stream(0, "check"))
	if drawn == nil || err != nil {
		return 1
	}
	return drawn.Least()
}
