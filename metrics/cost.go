package metrics

func init() {
	Register("cost", "what the GPUs cost per hour, per million output tokens, and per million that met their deadlines", func(o Options) Metric {
		return &cost{perHour: o.pricePerHour(), pools: o.Pools}
	})
}

// pricePerHour returns what all pools cost, 0 if that of any is not known.
func (o Options) pricePerHour() (total float64) {
	for _, p := range o.Pools {
		if p.PricePerHour == 0 {
			return 0
		}
		total += p.PricePerHour
	}
	return total
}

// cost shares the price of the cluster, from the first arrival to the last
// finish, among the tokens that were served.
type cost struct {
	perHour float64 // dollars for the whole cluster; 0 is unknown
	pools   []Pool
	provisioned
	span           span
	outputs, fluid int64 // tokens; of them, those in time by the reset reading
}

// Finished implements RequestObserver.
func (m *cost) Finished(c *Completion, s *Score) {
	m.span.add(c)
	if s.Served {
		m.outputs += int64(c.Tokens())
		m.fluid += s.Tokens - s.Late
	}
}

// Merge implements Metric.
func (m *cost) Merge(o Metric) {
	c := o.(*cost)
	m.span.merge(c.span)
	m.provisioned.merge(&c.provisioned)
	m.outputs += c.outputs
	m.fluid += c.fluid
}

// Rows implements Metric.
func (m *cost) Rows() []Row {
	var perHour, millionfold any
	if m.perHour > 0 {
		dollars := m.dollarsPerHour()
		perHour = dollars
		millionfold = dollars * m.span.seconds() / 3600 * 1e6
	}
	return []Row{
		{"cost", "per_hour", "", perHour},
		{"cost", "per_million_output_tokens", "", per(millionfold, m.outputs)},
		{"cost", "per_million_fluid_tokens", "", per(millionfold, m.fluid)},
	}
}

// dollarsPerHour returns what the provisioned replicas cost in the mean.
func (m *cost) dollarsPerHour() float64 {
	total := m.perHour
	for i, p := range m.pools {
		total += p.PricePerHour * (m.share(m.span, i, p) - 1)
	}
	return total
}
