package study

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"metronome/metrics"
)

// A Draft is an experiment as it is written: a file, and what flags set after it.
type Draft struct {
	file string // as errors name it; "" if there is none
	text string
	root map[string]any    // parsed TOML
	flag map[string]string // by key, the flag that wrote it
}

// ReadDraft reads an experiment file; "" is the empty one.
func ReadDraft(file string) (*Draft, error) {
	if file == "" {
		return ParseDraft("", "")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, readable(err)
	}
	return ParseDraft(file, string(text))
}

// ParseDraft reads the text of an experiment file.
func ParseDraft(file, text string) (*Draft, error) {
	d := &Draft{file: file, text: text, root: map[string]any{}, flag: map[string]string{}}
	if _, err := toml.Decode(text, &d.root); err != nil {
		return nil, syntax(file, err)
	}
	return d, nil
}

// Experiment checks the draft and returns what it says.
func (d *Draft) Experiment() (*Experiment, error) {
	e := defaults()
	e.draft = d
	if err := decodeTable("", d.layPools(), reflect.ValueOf(e).Elem()); err != nil {
		return nil, d.locate(err)
	}
	e.Workload.Trace = d.path("workload.trace", e.Workload.Trace)
	if isFile(e.Deployment.Model) {
		e.Deployment.Model = d.path("deployment.model", e.Deployment.Model)
	}
	d.poolPaths(e.Pools)
	if err := d.readCurve(e.SLO.Prefill); err != nil {
		return nil, d.locate(at("slo.prefill", err))
	}
	if err := d.layTenants(e); err != nil {
		return nil, d.locate(err)
	}
	if err := e.validate(); err != nil {
		return nil, d.locate(err)
	}
	return e, nil
}

// path returns a path written under a key as seen from the working folder.
func (d *Draft) path(key, path string) string {
	if path == "" || filepath.IsAbs(path) || d.flag[key] != "" {
		return path
	}
	return filepath.Join(filepath.Dir(d.file), path)
}

// isFile reports whether a model is named by the path of its configuration.
func isFile(model string) bool { return filepath.Ext(model) == ".json" }

// readCurve replaces the name of a file by the curve in it.
func (d *Draft) readCurve(p *metrics.Prefill) error {
	if p == nil || p.File == "" {
		return nil
	}
	name := d.path("slo.prefill", p.File)
	f, err := os.Open(name)
	if err != nil {
		return readable(err)
	}
	defer f.Close()
	p.Curve, err = metrics.ReadCurve(name, f)
	p.File = ""
	return err
}

// readable shortens an error of the file system to the path and its fault.
func readable(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// oneLine returns a text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
