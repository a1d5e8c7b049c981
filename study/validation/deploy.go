package validation

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"metronome/hardware"
	"metronome/study"
)

// A rig is what an engine was recorded on, in the words of the recording.
type rig struct {
	model, gpu, precision, engine, version string
	config                                 string        // config.json of the model, "" if there is none
	greedy                                 bool          // clients ask for the likeliest token, whatever the defaults of the model
	eager                                  bool          // kernels are launched one by one
	data                                   int           // degree of data parallelism
	spec                                   hardware.Spec // what else is known
}

// open finds the profiles that a rig names.
func (g rig) open(profiles fs.FS) (d hardware.Deployment, err error) {
	s := g.spec
	if s.Model, s.Precision, err = g.findModel(profiles); err != nil {
		return d, err
	}
	if s.GPU, err = findGPU(profiles, g.gpu); err != nil {
		return d, err
	}
	if s.Engine, err = findEngine(profiles, g.engine, g.version); err != nil {
		return d, err
	}
	model, err := hardware.OpenModel(profiles, s.Model)
	if err != nil {
		return d, err
	}
	if n := max(1, g.data); model.MoE != nil { // the ranks share the experts
		s.DataParallel = &n
	} else {
		s.Replicas = &n
	}
	d, err = hardware.Open(profiles, s)
	if gb := findMemory(g.gpu); gb > 0 && gb < 0.9*d.GPU.MemoryGiB {
		d.GPU.MemoryGiB = gb * usable
	}
	if g.eager {
		d.Engine.Graphs, d.Engine.LayerMicros = false, max(d.Engine.LayerMicros, eagerLayer)
	}
	return d, err
}

// eagerLayer is how long the host takes to launch the kernels of a layer one by one,
// in µs: what whole batches of Splitwise tell of H100 hosts.
const eagerLayer = 270.0

// policy returns the scheduler of the engine. SGLang, as vLLM V0, computes prompts
// before it goes on with decodes, and never both at once.
func (g rig) policy() string {
	if isV0(g.engine) || strings.HasPrefix(strings.ToLower(g.engine), "sglang") {
		return "vllm-v0"
	}
	return "vllm"
}

func (g rig) findModel(profiles fs.FS) (name string, p hardware.Precision, err error) {
	known, err := hardware.Names(profiles, "models")
	if err != nil {
		return "", "", err
	}
	name, checkpoint := study.ModelOf(g.model, known)
	if name == "" {
		name = bySource(profiles, known, g.model)
	}
	if name == "" && g.config != "" {
		name = g.config
	}
	if name == "" {
		return "", "", fmt.Errorf("model: unknown %q (have %s)", g.model, strings.Join(known, ", "))
	}
	return name, cmp.Or(hardware.Precision(checkpoint), findPrecision(name, g.precision)), nil
}

// bySource returns the profile that was made from the model with an id, or "".
func bySource(profiles fs.FS, known []string, id string) string {
	for _, name := range known {
		m, err := hardware.OpenModel(profiles, name)
		if err == nil && strings.HasPrefix(m.Source, id+",") {
			return name
		}
	}
	return ""
}

// findPrecision returns the first precision of weights that a description names, "" if
// it names but that of the products. Weights of gpt-oss that are called fp4 are mxfp4.
func findPrecision(model, text string) hardware.Precision {
	for _, p := range []hardware.Precision{hardware.MXFP4, hardware.FP8, hardware.INT8, hardware.INT4} {
		if strings.Contains(text, string(p)) {
			return p
		}
	}
	if strings.Contains(text, "fp4") && strings.HasPrefix(model, "gpt-oss") {
		return hardware.MXFP4
	}
	return ""
}

// gpuWords are words in the description of a GPU that do not tell which it is.
var gpuWords = regexp.MustCompile(`^(nvidia|amd|tesla|instinct|geforce|gpu|tensor|core|server|edition|blackwell|hopper|generation|hbm\w*|\d+gi?b?)$`)

// gpuForms are other spellings of forms.
var gpuForms = map[string]string{"sxm2": "sxm", "sxm4": "sxm", "sxm5": "sxm", "oam": ""}

// findGPU returns the profile that a description such as "H100-SXM-80GB" names.
// Where it does not tell the form, that is SXM.
func findGPU(profiles fs.FS, text string) (string, error) {
	known, err := hardware.Names(profiles, "gpus")
	if err != nil {
		return "", err
	}
	brief, _, _ := strings.Cut(strings.ToLower(text), "(")
	name := ""
	for _, word := range strings.FieldsFunc(brief, func(c rune) bool { return strings.ContainsRune("-_ /,", c) }) {
		if form, ok := gpuForms[word]; ok {
			word = form
		}
		if !gpuWords.MatchString(word) || word == "6000" {
			name += word
		}
	}
	for _, profile := range known {
		if plain := strings.ReplaceAll(profile, "-", ""); plain == name || plain == name+"sxm" {
			return profile, nil
		}
	}
	return "", fmt.Errorf("gpu: unknown %q (have %s)", text, strings.Join(known, ", "))
}

// usable is the GiB that drivers report of a GB that GPUs are sold with.
const usable = 0.99

var memoryText = regexp.MustCompile(`(?i)(\d+)\s*gi?b`)

// findMemory returns the GB that a description such as "A100-SXM4-40GB" names, or 0.
func findMemory(gpu string) float64 {
	m := memoryText.FindStringSubmatch(gpu)
	if m == nil {
		return 0
	}
	gb, _ := strconv.ParseFloat(m[1], 64)
	return gb
}

// findEngine returns the profile of the version next to the one that was recorded,
// the default one if no version of the engine has one. Of two with the same distance it
// takes the one that plans iterations ahead as that version does by itself.
func findEngine(profiles fs.FS, engine, version string) (string, error) {
	known, err := hardware.Names(profiles, "engines")
	if err != nil || len(known) == 0 {
		return "", cmp.Or(err, errors.New("engine: there is no profile of any"))
	}
	prefix, _, _ := strings.Cut(strings.ToLower(engine), " ")
	if isV0(engine) {
		prefix += "-v0"
	}
	own := slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !strings.HasPrefix(name, prefix+"-") })
	if len(own) == 0 {
		return hardware.DefaultEngine, nil
	}
	want, async := minor(version), minor(version) >= asyncSince
	distance := func(name string) int {
		d := 2 * abs(minor(name)-want)
		if e, err := hardware.OpenEngine(profiles, name); err == nil && e.Async != async {
			d++
		}
		return d
	}
	return slices.MinFunc(own, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) }), nil
}

// asyncSince is the version from which on an iteration is planned while the one
// before it runs, unless the engine is told otherwise.
const asyncSince = 14

func isV0(engine string) bool { return strings.Contains(engine, "V0") }

// latest is the version that is assumed where none was recorded.
const latest = 15

var versionText = regexp.MustCompile(`(\d+)\.(\d+)`)

// minor returns a number that orders the versions 0.x and 1.x of an engine.
func minor(version string) int {
	m := versionText.FindStringSubmatch(version)
	if m == nil {
		return latest
	}
	major, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	return 100*major + n
}

func abs(n int) int { return max(n, -n) }
