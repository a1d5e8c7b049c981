package study

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"metronome/scheduler"
)

// decodeScheduler reads the [scheduler] table. Keys that it does not share
// with all policies belong to the policy that it names.
func decodeScheduler(key string, value any, into *Scheduler) error {
	rest, err := decodeFields(key, value, reflect.ValueOf(&into.Spec).Elem())
	if err != nil {
		return err
	}
	kind, err := scheduler.Lookup(policyName(into.Spec))
	if err != nil {
		return under(key, err)
	}
	into.Own = rest
	policy := kind.New(scheduler.Limits{})
	if err := decodeOwn(key, rest, kind, policy); err != nil {
		return err
	}
	if v, ok := policy.(scheduler.Validator); ok {
		return under(key, v.Validate())
	}
	return nil
}

// under makes an error about a key of [scheduler] one about the same key of the table
// at a path.
func under(path string, err error) error {
	if err == nil {
		return nil
	}
	name, text, _ := strings.Cut(strings.TrimPrefix(err.Error(), "scheduler."), ":")
	return about(join(path, name), fmt.Errorf("%s:%s", join(path, name), text))
}

// decodeOwn stores a policy's own parameters in it.
func decodeOwn(key string, values map[string]any, kind scheduler.Kind, policy scheduler.Policy) error {
	rest, err := decodeFields(key, values, reflect.ValueOf(policy).Elem())
	if err != nil || len(rest) == 0 {
		return err
	}
	name := slices.Min(slices.Collect(maps.Keys(rest)))
	return about(join(key, name), foreignKey(key, name, kind))
}

// foreignKey returns the error for a key of [scheduler] that the policy does not
// know, though another may.
func foreignKey(table, name string, kind scheduler.Kind) error {
	all, own := fields(reflect.TypeFor[scheduler.Spec]()), parameters(kind)
	if _, known := find(schedulerFields(), name); !known {
		return unknownKey(join(table, name), table, names(append(all, own...)))
	}
	takes := "nothing of its own"
	if len(own) > 0 {
		takes = strings.Join(names(own), ", ")
	}
	return fmt.Errorf("%s: not a parameter of the policy %s (it takes %s)", join(table, name), kind.Name, takes)
}

func policyName(s scheduler.Spec) string {
	if s.Policy == "" {
		return scheduler.DefaultPolicy
	}
	return s.Policy
}

// policies returns what makes policies of a kind with the parameters that were
// written, which must have been decoded before.
func (s Scheduler) policies(kind scheduler.Kind, limits scheduler.Limits) func() scheduler.Policy {
	return func() scheduler.Policy {
		p := kind.New(limits)
		if err := decodeOwn("scheduler", s.Own, kind, p); err != nil {
			panic(err)
		}
		return p
	}
}

// effective returns a policy's own parameters, by key.
func (s Scheduler) effective(kind scheduler.Kind) map[string]any {
	p := reflect.ValueOf(s.policies(kind, scheduler.Limits{})()).Elem()
	all := map[string]any{}
	for _, f := range parameters(kind) {
		all[f.key] = p.FieldByIndex(f.index).Interface()
	}
	return all
}
