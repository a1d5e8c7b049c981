package hardware

import (
	"fmt"
	"math"
	"time"
)

// A Power is what a GPU draws, in watts. Between idle and peak it follows a power
// of the utilisation, which is an estimate.
type Power struct {
	Idle     float64 `toml:"idle_w"`
	Peak     float64 `toml:"peak_w"`
	Exponent float64 `toml:"exponent"` // of the utilisation
	Source   string  `toml:"source"`
}

// A Price is what a GPU costs.
type Price struct {
	PerHour float64 `toml:"usd_per_hour"` // 0 if unknown
	Source  string  `toml:"source"`
}

func (p Power) validate(file string) error {
	if p == (Power{}) {
		return nil
	}
	if !positive(p.Peak, p.Exponent) || !(p.Idle >= 0 && p.Idle <= p.Peak) {
		return fmt.Errorf("%s: power: idle_w %v, peak_w %v, exponent %v (must be above 0, and idle at most peak)", file, p.Idle, p.Peak, p.Exponent)
	}
	return nil
}

func (p Price) validate(file string) error {
	if !notNegative(p.PerHour) {
		return fmt.Errorf("%s: price.usd_per_hour: %v (must be at least 0)", file, p.PerHour)
	}
	return nil
}

// An EnergyModel tells the energy that the GPUs of a replica take.
type EnergyModel struct {
	gpus                        float64
	power                       Power
	idle                        float64 // watts of all GPUs
	dynamic                     curve   // watts of a GPU beyond idle by utilisation, in 1/fullUtilisation
	flops, pairs                float64 // seconds at peak per token, and per query-key pair
	weights, position, activity float64 // seconds at full bandwidth: all weights, a cached position, a token
}

// fullUtilisation is the count that stands for a utilisation of 1.
const fullUtilisation = 1 << 20

// dynamic tabulates what a GPU draws beyond idle, since a power takes more time than
// all else that an iteration costs. Between knots it is low by less than 0.01 %.
func (p Power) dynamic() curve {
	return tabulate(fullUtilisation, func(n int) float64 {
		return (p.Peak - p.Idle) * math.Pow(float64(n)/fullUtilisation, p.Exponent)
	})
}

// Energy returns the energy model of the deployment, or false if its GPU has no
// power figures.
func (d *Deployment) Energy() (EnergyModel, bool) {
	m, g := &d.Model, &d.GPU
	if g.Power == (Power{}) {
		return EnergyModel{}, false
	}
	stages := float64(d.Pipeline)
	active := m.denseWeights(d.Tensor)
	if e := m.MoE; e != nil {
		active += m.expertWeights() * float64(e.PerToken) / float64(e.Experts*d.Tensor)
	}
	head := m.table(d.Tensor)
	return EnergyModel{
		gpus: float64(d.GPUs()), power: g.Power, idle: float64(d.GPUs()) * g.Power.Idle, dynamic: g.Power.dynamic(),
		flops:    2 * (active + head) / g.Peak(d.Precision) / stages,
		pairs:    4 * float64(m.Layers*m.HeadDim*ceilDiv(m.Heads, d.Tensor)) / g.Peak(BF16) / stages,
		weights:  (d.weightBytes() + 2*head) / g.Bandwidth() / stages,
		position: d.KVBytesPerToken() / g.Bandwidth(),
		activity: 40 * float64(m.Layers*m.Hidden) / g.Bandwidth() / stages,
	}, true
}

// Iteration returns the microjoules that all GPUs of the replica take in an
// iteration of a shape that lasts t. It takes constant time.
func (e *EnergyModel) Iteration(s *Shape, t time.Duration) int64 {
	if t <= 0 {
		return 0
	}
	seconds := float64(t) / 1e9
	tokens := float64(s.Tokens())
	arithmetic := tokens*e.flops + float64(s.PrefillPairs+s.DecodeContext)*e.pairs
	memory := e.weights + float64(s.PrefillContext+s.PrefillTokens+s.DecodeContext)*e.position + tokens*e.activity
	utilisation := (arithmetic + memory) / seconds
	if utilisation > 1 {
		utilisation = 1
	}
	watts := e.power.Idle + e.dynamic.at(int(utilisation*fullUtilisation))
	return int64(e.gpus * watts * seconds * 1e6)
}

// Idle returns the microjoules that all GPUs of the replica take in t without work.
func (e *EnergyModel) Idle(t time.Duration) int64 {
	return int64(e.idle * float64(t) / 1e3)
}

// PeakWatts returns the most that all GPUs of the replica draw.
func (e *EnergyModel) PeakWatts() float64 { return e.gpus * e.power.Peak }

// PricePerHour returns what a replica costs per hour in dollars, or false if that
// is unknown.
func (d *Deployment) PricePerHour() (float64, bool) {
	perGPU := d.GPU.Price.PerHour
	if d.HourlyPrice > 0 {
		perGPU = d.HourlyPrice
	}
	return perGPU * float64(d.GPUs()), perGPU > 0
}
