package study

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"metronome/metrics"
	"metronome/workloads"
)

// A TenantSpec is a [[tenant]] table: a client with a weight, and with requests and
// an SLO of its own. What they leave out is as in [workload] and [slo].
type TenantSpec struct {
	Name     string        `toml:"name"`
	Weight   *float64      `toml:"weight"`             // share of service, relative to others; 1 if not written
	Start    time.Duration `toml:"start,omitempty"`    // when its workload begins
	Workload *Workload     `toml:"workload,omitempty"` // nil if its requests are among those of [workload]
	SLO      metrics.SLO   `toml:"slo"`
}

// layTenants fills in what tenants leave out.
func (d *Draft) layTenants(e *Experiment) error {
	tables, _ := elements(d.root["tenant"])
	for i := range e.Tenants {
		key, t := fmt.Sprintf("tenant.%d", i), &e.Tenants[i]
		table, _ := tables[i].(map[string]any)
		if t.Weight == nil {
			weight := 1.0
			t.Weight = &weight
		}
		if err := laySLO(key+".slo", table["slo"], e.SLO, &t.SLO); err != nil {
			return err
		}
		if own, written := table["workload"].(map[string]any); written {
			if err := d.layWorkload(key+".workload", own, e.Workload, t.Workload); err != nil {
				return err
			}
		}
	}
	return nil
}

// laySLO lays what a tenant writes over [slo]. The reference and the reading are
// the same for all.
func laySLO(key string, own any, base metrics.SLO, into *metrics.SLO) error {
	*into = base
	if own != nil {
		if err := decode(key, own, reflect.ValueOf(into).Elem()); err != nil {
			return err
		}
	}
	table, _ := own.(map[string]any)
	for _, shared := range []string{"reference", "prefill"} {
		if table[shared] != nil {
			return at(join(key, shared), errors.New("one holds for all tenants (must be written in [slo])"))
		}
	}
	if into.Index != base.Index {
		return wrong(join(key, "index"), string(into.Index), fmt.Sprintf("one holds for all tenants, which is %q in [slo]", string(base.Index)))
	}
	into.Prefill, into.Reference = nil, nil
	return nil
}

// layWorkload lays what a tenant writes over [workload].
func (d *Draft) layWorkload(key string, own map[string]any, base Workload, into *Workload) error {
	*into = base.under(own)
	if err := decode(key, own, reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	for _, shared := range []struct {
		key     string
		written bool
	}{
		{"warmup", into.Warmup != 0}, {"timeout", into.Timeout != nil},
		{"max_in_flight", into.MaxInFlight != nil}, {"client_delay", into.ClientDelay},
	} {
		if shared.written {
			return at(join(key, shared.key), errors.New("one holds for all tenants (must be written in [workload])"))
		}
	}
	if own["trace"] != nil {
		into.Trace = d.path(join(key, "trace"), into.Trace)
	}
	return nil
}

// ofRun returns what [workload] says of the run as a whole.
func (w Workload) ofRun() (run Workload) {
	run.Warmup, run.Timeout, run.MaxInFlight, run.ClientDelay = w.Warmup, w.Timeout, w.MaxInFlight, w.ClientDelay
	return run
}

// under returns what a tenant's own table is laid over: [workload] without what
// belongs to the run, and without what goes with choices that the tenant makes anew.
func (w Workload) under(own map[string]any) Workload {
	w.Warmup, w.Timeout, w.MaxInFlight, w.ClientDelay = 0, nil, nil, false
	writes := func(table, key string) bool {
		t, _ := own[table].(map[string]any)
		return t[key] != nil
	}
	if own["source"] != nil || own["trace"] != nil {
		w.Source, w.Trace, w.SHA256 = "", "", ""
		w.TimeScale, w.Window, w.Spread, w.Resample, w.Zero = nil, nil, nil, false, ""
	}
	if writes("arrivals", "process") || writes("arrivals", "stages") {
		w.Arrivals = workloads.ArrivalSpec{}
	}
	if writes("arrivals", "rate") {
		w.Arrivals.Stages = nil
	}
	if writes("prompt", "distribution") {
		w.Prompt = workloads.LengthSpec{}
	}
	if writes("output", "distribution") {
		w.Output = workloads.LengthSpec{}
	}
	return w
}
