package hardware

// A Cost is what a kernel takes and does.
type Cost struct {
	Seconds float64
	FLOPs   float64 // floating-point operations
	Bytes   float64 // moved to and from memory, or over links
	Peak    float64 // FLOP per second of its units
	Speed   float64 // bytes per second of its memory or links
}

// sustained returns the cost with the time that arithmetic takes longer in a loaded
// server than in a benchmark of single kernels: power limits its clock. The less
// there is of it for a byte, the better it hides behind memory.
func (c Cost) sustained(throttle float64) Cost {
	late := throttle * c.FLOPs / c.Peak
	if arithmetic, memory := c.FLOPs/c.Peak, c.Bytes/c.Speed; arithmetic < memory {
		late *= square(arithmetic / memory)
	}
	c.Seconds += late
	return c
}

// Bound returns the seconds below which the datasheet does not let the kernel go.
func (c Cost) Bound() float64 {
	t := 0.0
	if c.Peak > 0 {
		t = c.FLOPs / c.Peak
	}
	if c.Speed > 0 {
		t = max(t, c.Bytes/c.Speed)
	}
	return t
}

// Limit names what bounds the kernel: "compute", "memory", "link" or, where it
// takes more than four times its bound, "latency".
func (c Cost) Limit() string {
	switch bound := c.Bound(); {
	case c.Seconds > 4*bound:
		return "latency"
	case c.Peak == 0:
		return "link"
	case c.FLOPs/c.Peak >= bound:
		return "compute"
	}
	return "memory"
}

// taking returns the cost with its time set, never below its bound.
func (c Cost) taking(seconds float64) Cost {
	c.Seconds = max(seconds, c.Bound())
	return c
}
