package study

import (
	"errors"
	"fmt"
	"slices"

	"metronome/hardware"
)

// A vllmFlag is a flag of "vllm serve" and the key of the experiment that it
// sets. Read returns the value of the key, nil if the flag leaves it alone.
type vllmFlag struct {
	name, short string
	key         string
	read        func(value string) (any, error)
	alone       bool // it takes no value
}

// vllmFlags are the flags that matter here, in the order in which they apply.
var vllmFlags = []vllmFlag{
	{name: "--tensor-parallel-size", short: "-tp", key: "deployment.tensor_parallel", read: readCount},
	{name: "--pipeline-parallel-size", short: "-pp", key: "deployment.pipeline_parallel", read: readCount},
	{name: "--data-parallel-size", short: "-dp", key: "deployment.data_parallel", read: readCount},
	{name: "--gpu-memory-utilization", key: "deployment.memory_utilization", read: readShare},
	{name: "--max-model-len", key: "deployment.max_model_len", read: readLength},
	{name: "--num-gpu-blocks-override", key: "deployment.kv_blocks", read: readCount},
	{name: "--kv-offloading-size", key: "deployment.kv_offload_gib", read: readGiB},
	{name: "--dtype", key: "deployment.precision", read: readType},
	{name: "--quantization", short: "-q", key: "deployment.precision", read: readQuantization},
	{name: "--kv-cache-dtype", key: "deployment.kv_precision", read: readType},
	{name: "--max-num-seqs", key: "scheduler.max_sequences", read: readCount},
	{name: "--max-num-batched-tokens", key: "scheduler.token_budget", read: readLength},
	{name: "--block-size", key: "scheduler.block_size", read: readCount},
	{name: "--long-prefill-token-threshold", key: "scheduler.long_prefill_threshold", read: readCount},
	{name: "--scheduling-policy", key: "scheduler.policy", read: readPolicy},
	{name: "--enable-chunked-prefill", key: "scheduler.chunked_prefill", read: always(true), alone: true},
	{name: "--no-enable-chunked-prefill", key: "scheduler.chunked_prefill", read: always(false), alone: true},
	{name: "--enable-prefix-caching", key: "scheduler.prefix_caching", read: always(true), alone: true},
	{name: "--no-enable-prefix-caching", key: "scheduler.prefix_caching", read: always(false), alone: true},
	{name: "--async-scheduling", key: "scheduler.async", read: always(true), alone: true},
	{name: "--no-async-scheduling", key: "scheduler.async", read: always(false), alone: true},
}

func vllmFlagNamed(name string) (vllmFlag, bool) {
	i := slices.IndexFunc(vllmFlags, func(f vllmFlag) bool { return f.name == name })
	if i < 0 {
		return vllmFlag{}, false
	}
	return vllmFlags[i], true
}

// A setting is a value that a flag gives a key.
type setting struct {
	key   string
	value any
	flag  string
}

// FromVLLM sets what a command such as "vllm serve MODEL -tp 2" asks for, in
// place of what the file says. Models are the names that are known. It returns
// the flags that make no difference here.
func (d *Draft) FromVLLM(command string, models []string) (ignored []string, err error) {
	line, err := readServe(command)
	if err != nil {
		return nil, fmt.Errorf("--from-vllm: %w", err)
	}
	settings, err := line.settings(models)
	if err != nil {
		return nil, fmt.Errorf("--from-vllm: %w", err)
	}
	for _, s := range settings {
		if err := d.put(s.key, s.value, s.flag); err != nil {
			return nil, err
		}
	}
	return line.ignored, nil
}

// settings returns what the line asks for, and adds to what is ignored.
func (l *serveLine) settings(models []string) ([]setting, error) {
	name, precision := ModelOf(l.model, models)
	if name == "" {
		return nil, hardware.Unknown("models", l.model, models)
	}
	all := []setting{
		{"deployment.model", name, "--from-vllm"}, {"scheduler.policy", "vllm", "--from-vllm"},
		{"scheduler.async", true, "--from-vllm"}, {"workload.client_delay", true, "--from-vllm"},
	}
	for _, f := range vllmFlags {
		text, ok := l.flags[f.name]
		if !ok {
			continue
		}
		value, err := f.read(text)
		switch {
		case errors.Is(err, errUnmodelled):
			l.ignore(f.name, text, !f.alone)
		case err != nil:
			return nil, fmt.Errorf("%s: %q (%w)", f.name, text, err)
		case value != nil:
			all = append(all, setting{f.key, value, "--from-vllm " + f.name})
		}
	}
	if _, written := l.flags["--quantization"]; precision != "" && !written {
		all = append(all, setting{"deployment.precision", precision, "--from-vllm"})
	}
	return all, nil
}
