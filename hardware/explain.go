package hardware

// A Line is an operator's part in the time of an iteration.
type Line struct {
	Operator string
	Calls    float64 // on the critical path
	Cost             // of all calls together
	Share    float64 // of the iteration, 0 to 1
}

// Explain breaks the time of an iteration of a shape into operators, in the order in
// which they run, and the engine's own time last. Lines add up to the whole, which
// differs from the tabulated IterationTime by interpolation alone.
func (d *Deployment) Explain(s Shape) []Line {
	var lines []Line
	total := 0.0
	for _, o := range d.operators() {
		x, y := s.sizes(o.axis)
		if x == 0 {
			continue
		}
		if o.axis == byTokens {
			x = float64(d.Engine.padded(&s))
		}
		c := o.cost(x, y)
		c.Seconds *= o.calls
		if o.axis == byDecode && s.PrefillTokens > 0 {
			c.Seconds *= d.mixed()
		}
		c.FLOPs *= o.calls
		c.Bytes *= o.calls
		lines = append(lines, Line{Operator: o.name, Calls: o.calls, Cost: c})
		total += c.Seconds
	}
	engine := d.Engine.seconds(&s, &d.Model, d.GPU.Bandwidth()) + max(0, d.Engine.launches(&s, d.Model.Layers)-total)
	total += engine
	lines = append(lines, Line{Operator: "engine", Calls: 1, Cost: Cost{Seconds: engine}})
	for i := range lines {
		lines[i].Share = lines[i].Seconds / total
	}
	return lines
}

// sizes returns what the operators of an axis depend on.
func (s Shape) sizes(by axis) (x, y float64) {
	switch by {
	case byTokens:
		return float64(s.Tokens()), 0
	case bySequences:
		return float64(s.Prefills + s.Decodes), 0
	case byPrefill:
		return float64(s.PrefillTokens), float64(s.PrefillPairs) / max(1, float64(s.PrefillTokens))
	}
	return float64(s.Decodes), float64(s.DecodeContext)/max(1, float64(s.Decodes)) + 1
}
