package metrics

func init() {
	Register("fleet", "replicas that were provisioned, if their number changes with the load", func(o Options) Metric {
		return &fleet{pools: o.Pools}
	})
}

// fleet tells how the replicas of pools came and went.
type fleet struct {
	provisioned
	pools []Pool
	span  span
}

// Finished implements RequestObserver.
func (m *fleet) Finished(c *Completion, _ *Score) { m.span.add(c) }

// Merge implements Metric.
func (m *fleet) Merge(o Metric) {
	f := o.(*fleet)
	m.span.merge(f.span)
	m.provisioned.merge(&f.provisioned)
}

// Rows implements Metric.
func (m *fleet) Rows() (rows []Row) {
	for pool := range m.pools {
		if !m.scaled(pool) {
			continue
		}
		name := "replicas"
		if len(m.pools) > 1 {
			name = m.pools[pool].Name
		}
		took := m.during(m.span, pool).Seconds()
		on, least, most, ups, downs := replicasOver(m.provisioned.pools[pool])
		rows = append(rows,
			Row{"fleet", name, "mean", m.span.rate(took)},
			Row{"fleet", name, "min", int64(least)},
			Row{"fleet", name, "max", int64(most)},
			Row{"fleet", name, "last", int64(on)},
			Row{"fleet", name, "changes", int64(ups + downs)},
			Row{"fleet", name, "turned_on", int64(ups)},
			Row{"fleet", name, "turned_off", int64(downs)},
			Row{"fleet", name, "hours", took / 3600})
	}
	return rows
}

// replicasOver returns how many replicas there were in the end, at least and at most,
// and how many were turned on or off since the start.
func replicasOver(changes []change) (on, least, most, ups, downs int) {
	for i, c := range changes {
		on += c.delta
		if i == 0 {
			least, most = on, on
			continue
		}
		least, most = min(least, on), max(most, on)
		ups += max(c.delta, 0)
		downs += max(-c.delta, 0)
	}
	return on, least, most, ups, downs
}
