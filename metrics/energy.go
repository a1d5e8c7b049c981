package metrics

func init() {
	Register("energy", "energy and cost of the run (not yet known: there are no power and price profiles)",
		func(Options) Metric { return energy{} })
}

// energy stands for figures that profiles do not give: its rows say nothing.
type energy struct{}

// Merge implements Metric.
func (energy) Merge(Metric) {}

// Rows implements Metric.
func (energy) Rows() []Row {
	return []Row{
		{"energy", "joules_per_output_token", "", nil},
		{"energy", "joules_per_request", "", nil},
		{"energy", "mean_power_w", "", nil},
		{"energy", "peak_power_w", "", nil},
		{"cost", "per_hour", "", nil},
		{"cost", "per_million_output_tokens", "", nil},
		{"cost", "per_million_fluid_tokens", "", nil},
	}
}
