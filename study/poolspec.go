package study

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/sim"
)

// A PoolSpec is a [[pool]] table: replicas that are alike. What it leaves out is as
// in [deployment] and [scheduler].
type PoolSpec struct {
	Name string   `toml:"name"`
	Role sim.Role `toml:"role"`
	Worth
	hardware.Spec           // the keys of [deployment]
	Scaling       *Scaling  `toml:"scaling,omitempty"`
	Scheduler     Scheduler `toml:"scheduler"`
}

// layPools returns the root of the draft with what pools leave out written in them.
func (d *Draft) layPools() map[string]any {
	pools, ok := elements(d.root["pool"])
	if !ok {
		return d.root
	}
	laid := make([]any, len(pools))
	for i, p := range pools {
		laid[i] = p
		if table, ok := p.(map[string]any); ok {
			laid[i] = layPool(d.root, table)
		}
	}
	root := maps.Clone(d.root)
	root["pool"] = laid
	return root
}

// layPool returns a pool with what it leaves out of [deployment] and [scheduler].
func layPool(root, pool map[string]any) map[string]any {
	whole := map[string]any{}
	if base, ok := root["deployment"].(map[string]any); ok {
		maps.Copy(whole, base)
	}
	maps.Copy(whole, pool)
	base, _ := root["scheduler"].(map[string]any)
	own, _ := pool["scheduler"].(map[string]any)
	if _, written := pool["scheduler"]; written && own == nil {
		return whole // which is an error
	}
	whole["scheduler"] = layScheduler(base, own)
	return whole
}

// layScheduler returns a [pool.scheduler] with what it leaves out of [scheduler].
// Parameters of another policy are left aside.
func layScheduler(base, own map[string]any) map[string]any {
	whole := maps.Clone(base)
	if whole == nil {
		whole = map[string]any{}
	}
	if policy, written := own["policy"]; written && policy != base["policy"] {
		shared := fields(reflect.TypeFor[scheduler.Spec]())
		maps.DeleteFunc(whole, func(key string, _ any) bool { _, ok := find(shared, key); return !ok })
	}
	maps.Copy(whole, own)
	return whole
}

// poolPaths makes the files that pools name as seen from the working folder.
func (d *Draft) poolPaths(pools []PoolSpec) {
	written, _ := elements(d.root["pool"])
	for i := range pools {
		if model := pools[i].Model; isFile(model) {
			key := "deployment.model"
			if table, ok := written[i].(map[string]any); ok && table["model"] != nil {
				key = fmt.Sprintf("pool.%d.model", i)
			}
			pools[i].Model = d.path(key, model)
		}
	}
}

// validatePools reports the first key of a pool whose value makes no sense by itself.
func validatePools(pools []PoolSpec) error {
	var count [sim.Decode + 1]int
	for i, p := range pools {
		count[p.Role]++
		if p.Name == "" {
			return about(fmt.Sprintf("pool.%d", i), fmt.Errorf("pool.%d.name: missing (every pool has one)", i))
		}
		if slices.ContainsFunc(pools[:i], func(q PoolSpec) bool { return q.Name == p.Name }) {
			return at(fmt.Sprintf("pool.%d.name", i), fmt.Errorf("%q (must differ from those before)", p.Name))
		}
		if err := p.Scaling.validate(fmt.Sprintf("pool.%d.scaling", i)); err != nil {
			return err
		}
		if err := inPool(i, errors.Join(p.Spec.Validate(), p.Scheduler.Validate())); err != nil {
			return err
		}
	}
	if prefill, decode := count[sim.Prefill], count[sim.Decode]; (prefill > 0) != (decode > 0) {
		return about("pool", fmt.Errorf("pool: %d with the role prefill and %d with the role decode (must have both or neither)", prefill, decode))
	}
	return validateOffers(pools)
}

// inPool makes an error about a key of [deployment] or [scheduler] one about the
// same key of a pool.
func inPool(i int, err error) error {
	if err == nil {
		return nil
	}
	text := strings.SplitN(err.Error(), "\n", 2)[0]
	for table, pool := range map[string]string{"deployment:": ":", "deployment.": ".", "scheduler.": ".scheduler."} {
		if rest, ok := strings.CutPrefix(text, table); ok {
			return fmt.Errorf("pool.%d%s%s", i, pool, rest)
		}
	}
	return err
}
