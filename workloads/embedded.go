package workloads

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"

	"github.com/BurntSushi/toml"
)

// An Embedded workload is a file workloads/NAME.toml of the profiles: figures
// fitted to a recorded workload, which itself is not shipped.
type Embedded struct {
	Name        string // of the file
	Description string `toml:"description"` // one line
	Source      string `toml:"source"`      // where the figures come from
	Licence     string `toml:"licence"`     // of the source

	Recorded Burstiness   `toml:"recorded"` // zeros if arrivals were not recorded
	Lengths  JointLengths `toml:"lengths"`
}

// Burstiness tells how requests arrived. It gives the defaults of the arrival
// processes that take it, all but the rate.
type Burstiness struct {
	Rate          float64 `toml:"rate"` // mean, requests per second
	CV            float64 `toml:"cv"`   // of the gaps
	BurstFactor   float64 `toml:"burst_factor"`
	BurstShare    float64 `toml:"burst_share"`
	BurstRequests float64 `toml:"burst_requests"`
}

// complete fills in what the arrivals leave open.
func (b Burstiness) complete(a *ArrivalSpec) {
	if b.CV == 0 || b.BurstFactor == 0 {
		return
	}
	switch a.Process {
	case "gamma", "weibull":
		if a.CV == nil && a.Shape == nil {
			a.CV = &b.CV
		}
	case "mmpp", "bursty":
		if a.BurstFactor == nil && a.BurstShare == nil && a.BurstRequests == nil {
			a.BurstFactor, a.BurstShare, a.BurstRequests = &b.BurstFactor, &b.BurstShare, &b.BurstRequests
		}
	}
}

// JointLengths describe prompts by quantiles, and replies by the quantiles that
// they have beside prompts of similar length.
type JointLengths struct {
	Total    int       `toml:"total,omitempty"` // replies are cut so that prompt and reply have at most this
	PromptAt []float64 `toml:"prompt_at"`       // probabilities of the quantiles of prompts
	Prompt   []int     `toml:"prompt"`          // quantiles of prompts
	OutputAt []float64 `toml:"output_at"`       // probabilities of the quantiles of replies
	Output   [][]int   `toml:"output"`          // quantiles of replies, for equal parts of all prompts in order of length
}

// Embeddeds returns the workloads that the profiles have, sorted by name.
func Embeddeds(profiles fs.FS) ([]Embedded, error) {
	var all []Embedded
	for _, name := range embeddedNames(profiles) {
		e, err := openEmbedded(profiles, name)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func embeddedNames(profiles fs.FS) []string {
	if profiles == nil {
		return nil
	}
	files, _ := fs.Glob(profiles, "workloads/*.toml")
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".toml")
	}
	return files
}

func openEmbedded(profiles fs.FS, name string) (Embedded, error) {
	e := Embedded{Name: name}
	file := path.Join("workloads", name+".toml")
	known := embeddedNames(profiles)
	if profiles == nil || !fs.ValidPath(file) {
		return e, unknownSource(name, known)
	}
	text, err := fs.ReadFile(profiles, file)
	if errors.Is(err, fs.ErrNotExist) {
		return e, unknownSource(name, known)
	}
	if err != nil {
		return e, fmt.Errorf("workload.source: %w", err)
	}
	meta, err := toml.Decode(string(text), &e)
	if err != nil {
		return e, fmt.Errorf("%s: %w", file, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return e, fmt.Errorf("%s: unknown key %s", file, extra[0])
	}
	if _, err := e.Lengths.rows(0); err != nil {
		return e, fmt.Errorf("%s: lengths: %w", file, err)
	}
	return e, nil
}

func unknownSource(name string, known []string) error {
	return fmt.Errorf("workload.source: unknown workload %q (have %s)", name, list(known))
}

// joint draws from JointLengths. Prompt and reply use a stream each.
type joint struct {
	total          int
	prompts        *quantileFunction
	outputs        []*quantileFunction
	prompt, output *rand.Rand
}

func (j *joint) next(r *row) bool {
	u := j.prompt.Float64()
	r.prompt = j.prompts.length(u)
	r.output = j.outputs[int(u*float64(len(j.outputs)))].length(j.output.Float64())
	if j.total > 0 {
		r.output = max(1, min(r.output, j.total-r.prompt))
	}
	return true
}

// rows returns an endless supply of lengths.
func (l JointLengths) rows(seed uint64) (*joint, error) {
	j := &joint{total: l.Total, prompt: Stream(seed, "source.prompt"), output: Stream(seed, "source.output")}
	var err error
	if j.prompts, err = newQuantileFunction(l.Prompt, l.PromptAt); err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	if len(l.Output) == 0 {
		return nil, errors.New("output: missing")
	}
	for _, values := range l.Output {
		q, err := newQuantileFunction(values, l.OutputAt)
		if err != nil {
			return nil, fmt.Errorf("output: %w", err)
		}
		j.outputs = append(j.outputs, q)
	}
	if l.Total != 0 && l.Total <= l.Prompt[len(l.Prompt)-1] {
		return nil, fmt.Errorf("total: %d (must be above the longest prompt, %d)", l.Total, l.Prompt[len(l.Prompt)-1])
	}
	return j, nil
}

// leastOutput returns a length that no reply is below.
func (l JointLengths) leastOutput() int {
	least := l.Output[0][0]
	for _, values := range l.Output {
		least = min(least, values[0])
	}
	return least
}
