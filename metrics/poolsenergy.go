package metrics

func init() {
	Register("pools-energy", "mean power of each pool of the cluster, if there are several", func(o Options) Metric {
		if len(o.Pools) < 2 {
			return silent{}
		}
		return &poolsEnergy{*newEnergy(o), o.Pools}
	})
}

// poolsEnergy tells apart what the pools of a cluster draw.
type poolsEnergy struct {
	energy
	of []Pool
}

// Merge implements Metric.
func (m *poolsEnergy) Merge(o Metric) { m.energy.Merge(&o.(*poolsEnergy).energy) }

// Rows implements Metric. The name of a row is that of its pool.
func (m *poolsEnergy) Rows() (rows []Row) {
	for i, p := range m.of {
		var mean any
		if p.Power != nil {
			mean = m.span.rate(m.joulesOf(i))
		}
		rows = append(rows, Row{"pools", p.Name, "mean_power_w", mean})
	}
	return rows
}
