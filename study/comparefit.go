package study

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/BurntSushi/toml"
)

// fit checks that all contenders have the same workload and the same SLO, and
// finds their reference.
func (r *round) fit() error {
	name, named := "", false
	for _, c := range r.contenders {
		if c.Recording != nil {
			continue
		}
		p, err := c.Experiment.Plan(r.options)
		if err != nil {
			return err
		}
		if r.first == nil {
			r.first, r.reference, name = p, p.Reference, c.Name
		} else if err := sameTerms(r.first, p); err != nil {
			return fmt.Errorf("%s: %w, as in %s)", c.Name, err, name)
		}
		if slo := p.Experiment.SLO; !named && (slo.Prefill != nil || slo.Reference != nil) {
			r.reference, named = p.Reference, true
		}
	}
	if r.first == nil {
		return fmt.Errorf("compare: only recordings (one must be an experiment, whose SLO they are held to)")
	}
	for _, c := range r.contenders {
		if c.Recording == nil {
			continue
		}
		if n, m := c.Recording.Options.Requests, r.first.Survey.Requests; n != m {
			return fmt.Errorf("%s: %d requests (must be the same workload as %s, with %d)", c.Name, n, name, m)
		}
		c.Recording.holdTo(&r.first.Experiment)
	}
	return nil
}

// sameTerms returns an error, to be closed by the caller, about the first key of
// the workload or the SLO in which two plans differ.
func sameTerms(a, b *Plan) error {
	for _, terms := range [][2]any{
		{map[string]any{"workload": a.Experiment.Workload}, map[string]any{"workload": b.Experiment.Workload}},
		{map[string]any{"tenant": a.Experiment.Tenants}, map[string]any{"tenant": b.Experiment.Tenants}},
		{a.terms(), b.terms()},
	} {
		x, y := flat(terms[0]), flat(terms[1])
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !reflect.DeepEqual(x[key], y[key]) {
				return fmt.Errorf("%s: %v (must be %v", key, written(y[key]), written(x[key]))
			}
		}
	}
	return nil
}

// terms returns the SLO without its reference, which all share anyway.
func (p *Plan) terms() any {
	slo := p.Experiment.SLO
	slo.Prefill, slo.Reference = nil, nil
	return map[string]any{"slo": slo}
}

func written(value any) string {
	if value == nil {
		return "left out"
	}
	return show(value)
}

// flat returns the values of a table by their whole keys.
func flat(table any) map[string]any {
	var b bytes.Buffer
	var tree map[string]any
	if err := toml.NewEncoder(&b).Encode(table); err != nil {
		panic(err)
	}
	if _, err := toml.Decode(b.String(), &tree); err != nil {
		panic(err)
	}
	all := map[string]any{}
	flatten("", tree, all)
	return all
}

func flatten(path string, tree, into map[string]any) {
	for key, value := range tree {
		key = join(path, key)
		switch inner := value.(type) {
		case map[string]any:
			flatten(key, inner, into)
		case []map[string]any:
			for i, t := range inner {
				flatten(fmt.Sprintf("%s.%d", key, i), t, into)
			}
		default:
			into[key] = value
		}
	}
}

// holdTo scores the recording by another SLO than it was recorded with. Its first
// deadlines stay as recorded, but for the slack.
func (r *Recording) holdTo(e *Experiment) {
	slo := e.SLO
	slo.Prefill, slo.Reference = nil, nil
	r.Options.SLO, r.Options.Tenants = slo, e.tenants()
}
