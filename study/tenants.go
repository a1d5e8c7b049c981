package study

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// validateTenants reports the first key of a tenant whose value makes no sense by
// itself.
func (e *Experiment) validateTenants() error {
	for i, t := range e.Tenants {
		key := fmt.Sprintf("tenant.%d", i)
		if t.Name == "" {
			return about(key, fmt.Errorf("%s.name: missing (every tenant has one)", key))
		}
		if slices.ContainsFunc(e.Tenants[:i], func(o TenantSpec) bool { return o.Name == t.Name }) {
			return wrong(key+".name", t.Name, "must differ from those before")
		}
		if w := *t.Weight; !(w > 0) || math.IsInf(w, 0) {
			return wrong(key+".weight", w, "must be a finite number above 0")
		}
		if (t.Workload != nil) != e.merged() {
			return about(key, fmt.Errorf("%s.workload: missing (either all tenants have one, if only an empty one, or none has and [workload] names them)", key))
		}
		if t.Start < 0 || t.Start > 0 && t.Workload == nil {
			return at(key+".start", fmt.Errorf("%v (must not be negative, and needs a [tenant.workload])", t.Start))
		}
		if err := e.inTenant(i, t.validate()); err != nil {
			return err
		}
	}
	return nil
}

func (t TenantSpec) validate() error {
	if t.Workload != nil {
		if err := t.Workload.Validate(); err != nil {
			return err
		}
	}
	return t.SLO.Validate()
}

// merged reports whether the requests are those of tenants, each with a workload.
func (e *Experiment) merged() bool {
	return slices.ContainsFunc(e.Tenants, func(t TenantSpec) bool { return t.Workload != nil })
}

// inTenant makes an error about a key of [workload] or [slo] one about the same key
// of a tenant, unless it is there that the key is written.
func (e *Experiment) inTenant(i int, err error) error {
	if err == nil {
		return nil
	}
	key, _, _ := strings.Cut(err.Error(), ":")
	if !strings.HasPrefix(key, "workload") && !strings.HasPrefix(key, "slo.") {
		return err
	}
	own := fmt.Sprintf("tenant.%d.%s", i, key)
	if d := e.draft; d != nil && !d.writes(own) && d.writes(key) && !d.anew(parent(own)) {
		return err
	}
	return about(own, fmt.Errorf("tenant.%d.%w", i, err))
}

// anew reports whether a table of a tenant takes the place of that in [workload].
func (d *Draft) anew(table string) bool {
	return slices.ContainsFunc([]string{"distribution", "process", "stages"}, func(key string) bool { return d.writes(join(table, key)) })
}

// inLoad makes an error about a key of [workload] one about the workload i of loads.
func (e *Experiment) inLoad(i int, err error) error {
	if e.merged() {
		return e.inTenant(i, err)
	}
	return err
}

// writes reports whether the draft has a key.
func (d *Draft) writes(key string) bool {
	var value any = d.root
	for word := range strings.SplitSeq(key, ".") {
		if list, ok := elements(value); ok {
			i, err := strconv.Atoi(word)
			if err != nil || i >= len(list) {
				return false
			}
			value = list[i]
			continue
		}
		table, _ := value.(map[string]any)
		if value = table[word]; value == nil {
			return false
		}
	}
	return true
}

// surveyTenants opens the workloads of all tenants and draws each once.
func (p *Plan) surveyTenants(o Options) (err error) {
	x := &p.Experiment
	x.Tenants = slices.Clone(x.Tenants)
	var specs []*workloads.Spec
	for i := range x.Tenants {
		w := *x.Tenants[i].Workload
		x.Tenants[i].Workload = &w
		specs = append(specs, &w.Spec)
	}
	workloads.ShareRequests(specs, defaultTenantRequests)
	var all workloads.Tenants
	for i, t := range x.Tenants {
		w, err := p.supply(t.Workload.Spec, workloads.TenantSeed(x.Seed, t.Name), o)
		if err != nil {
			return x.inTenant(i, err)
		}
		all = append(all, workloads.Tenant{Name: t.Name, Start: t.Start, Workload: w})
	}
	p.Workload = all
	if p.Survey, p.surveys, err = all.Survey(); err != nil {
		return err
	}
	for i, t := range x.Tenants {
		if err := x.inTenant(i, t.Workload.verify(p.surveys[i].SHA256)); err != nil {
			return err
		}
		t.Workload.Spec = all[i].Workload.Effective()
	}
	x.Workload = x.Workload.ofRun()
	return nil
}

// defaultTenantRequests are the requests of all tenants whose workloads have no bound.
const defaultTenantRequests = 2000

// findTenants checks that tenants without a workload send requests of [workload].
func (p *Plan) findTenants() error {
	for i, t := range p.Experiment.Tenants {
		if p.Survey.Tenants[t.Name] > 0 {
			continue
		}
		key := fmt.Sprintf("tenant.%d", i)
		if len(p.Survey.Tenants) == 0 {
			return at(key, errors.New("sends no request: [workload] names no tenants (must have a [tenant.workload])"))
		}
		named := slices.Sorted(maps.Keys(p.Survey.Tenants))
		return wrong(key+".name", t.Name, "must be a tenant of "+p.Experiment.Workload.Trace+": "+some(named))
	}
	return nil
}

// some lists names, but not more than fit a line.
func some(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// tenants returns the tenants as metrics know them.
func (e *Experiment) tenants() (all []metrics.Tenant) {
	for _, t := range e.Tenants {
		slo := t.SLO
		slo.Index = e.SLO.Index
		all = append(all, metrics.Tenant{Name: t.Name, Weight: *t.Weight, SLO: slo})
	}
	return all
}

// weights returns the weights of tenants, by name.
func (e *Experiment) weights() map[string]float64 {
	all := map[string]float64{}
	for _, t := range e.Tenants {
		all[t.Name] = *t.Weight
	}
	return all
}

// tightest returns the least time between tokens that any client expects.
func (e *Experiment) tightest() time.Duration {
	least := e.SLO.TBT
	if e.merged() { // nobody is held to [slo]
		least = e.Tenants[0].SLO.TBT
	}
	for _, t := range e.Tenants {
		least = min(least, t.SLO.TBT)
	}
	return least
}

// gaps returns D_d of each request, nil if it is the same for all.
func (e *Experiment) gaps() func(workloads.Request) time.Duration {
	own, same := map[string]time.Duration{}, true
	for _, t := range e.Tenants {
		own[t.Name] = t.SLO.TBT
		same = same && t.SLO.TBT == e.Tenants[0].SLO.TBT && (e.merged() || t.SLO.TBT == e.SLO.TBT)
	}
	if same {
		return nil
	}
	return func(r workloads.Request) time.Duration { return cmp.Or(own[r.Tenant], e.SLO.TBT) }
}

// tenantFiles returns the tenants as tables of a file in a folder.
func (e *Experiment) tenantFiles(folder string) (all []TenantSpec) {
	for _, t := range e.apart().Tenants {
		if t.Workload != nil {
			t.Workload.Trace = relative(folder, t.Workload.Trace)
		}
		all = append(all, t)
	}
	return all
}
