package study

import (
	"cmp"
	"fmt"
	"io/fs"
	"math"

	"metronome/hardware"
	"metronome/scheduler"
	"metronome/sim"
)

// A Layout is GPUs and how a replica is spread over them.
type Layout struct {
	GPU              string `json:"gpu"`
	TensorParallel   int    `json:"tensor_parallel"`
	PipelineParallel int    `json:"pipeline_parallel"`
}

// GPUs returns the number of GPUs of a replica.
func (l Layout) GPUs() int { return l.TensorParallel * l.PipelineParallel }

// A Variant is how replicas are driven.
type Variant struct {
	Policy        string `json:"policy"`
	TokenBudget   int    `json:"token_budget"`
	Router        string `json:"router,omitempty"`        // "" is that of the experiment
	Disaggregated bool   `json:"disaggregated,omitempty"` // into prefill and decode replicas
}

// least returns the fewest replicas there can be.
func (v Variant) least() int {
	if v.Disaggregated {
		return 2
	}
	return 1
}

// A candidate is a layout with all its variants, and bounds on what it can do.
type candidate struct {
	Layout
	variants []Variant
	plans    []*Plan // of one replica, by variant

	price     float64 // of a replica, dollars per hour
	most      int     // replicas that are allowed
	busy      float64 // seconds of a replica that a second of the load takes at least
	tokenRate float64 // of one reply, per second, at most
	prefill   float64 // share of its work that is computing prompts
}

// least returns the fewest replicas that can bear the load.
func (c *candidate) least() int { return max(1, int(math.Ceil(c.busy-1e-9))) }

// leastCost returns the least price per hour.
func (c *candidate) leastCost() float64 { return c.price * float64(c.least()) }

// plan works out every variant on one replica, and leaves out those that cannot be. It
// returns why the first of them cannot if none can, such as that the model does not fit.
func (c *candidate) plan(e *Experiment, o Options, stretch float64) (why error) {
	var possible []Variant
	for _, v := range c.variants {
		p, err := c.sized(v, v.least()).experiment(e).Plan(o)
		if err != nil {
			why = cmp.Or(why, err)
			continue
		}
		p.stretch = stretch
		for _, pool := range p.Pools {
			pool.Deployment.GPU.Power = hardware.Power{} // nobody looks at the energy
		}
		possible, c.plans = append(possible, v), append(c.plans, p)
	}
	if c.variants = possible; possible != nil {
		return nil
	}
	return why
}

// sized returns so many replicas of the candidate.
func (c *candidate) sized(v Variant, replicas int) Sized {
	z := Sized{Layout: c.Layout, Variant: v, Replicas: replicas, PricePerHour: c.price * float64(replicas)}
	if v.Disaggregated {
		z.PrefillReplicas = min(max(1, int(math.Round(c.prefill*float64(replicas)))), replicas-1)
	}
	return z
}

// experiment returns the experiment on the cluster.
func (z Sized) experiment(e *Experiment) *Experiment {
	x := *e
	d := &x.Deployment
	d.GPU = z.GPU
	d.TensorParallel, d.PipelineParallel, d.Replicas = &z.TensorParallel, &z.PipelineParallel, &z.Replicas
	x.Scheduler.Policy, x.Scheduler.TokenBudget = z.Policy, &z.TokenBudget
	if z.Router != "" {
		x.Router.Policy = z.Router
	}
	if z.Disaggregated {
		x.Pools = []PoolSpec{
			{Name: "prefill", Role: sim.Prefill, Spec: x.Deployment.Spec, Scheduler: x.Scheduler},
			{Name: "decode", Role: sim.Decode, Spec: x.Deployment.Spec, Scheduler: x.Scheduler},
		}
		decode := z.Replicas - z.PrefillReplicas
		x.Pools[0].Replicas, x.Pools[1].Replicas = &z.PrefillReplicas, &decode
	}
	return &x
}

// bound works out what the candidate cannot beat, from the cost model alone.
//
// An iteration takes at least the time of its tokens without any context at the
// best token budget, and at least that of its decodes in the largest batch; so
// does the sum over all iterations that a request takes part in.
func (c *candidate) bound(rate float64) {
	p := c.plans[0]
	budget, batch := 1, *p.Experiment.Scheduler.MaxSequences
	for _, v := range c.variants {
		budget = max(budget, v.TokenBudget)
	}
	perToken := math.Inf(1)
	for n := 1; n <= budget; n *= 2 {
		var s hardware.Shape
		s.Chunk(n, 0)
		perToken = min(perToken, p.cost.IterationTime(s).Seconds()/float64(n))
	}
	perDecode := p.cost.IterationTime(hardware.Shape{Decodes: batch}).Seconds() / float64(batch)
	prompt, output := p.Survey.MeanPrompt(), p.Survey.MeanOutput()*max(1, p.stretch)
	if p.Experiment.Scheduler.PrefixCaching {
		prompt = 0
	}
	c.prefill = prompt * perToken / (prompt*perToken + output*perDecode)
	c.busy = rate * max((prompt+output)*perToken, output*perDecode) / float64(c.PipelineParallel)
	c.tokenRate = 1 / p.cost.IterationTime(hardware.Shape{Decodes: 1, DecodeContext: 1}).Seconds()
}

// variants returns all ways to drive replicas. Policies that serve no decode pool are not
// tried in one.
func (s *SearchSpace) variants() (all []Variant) {
	for _, policy := range s.Policies {
		kind, err := scheduler.Lookup(policy)
		for _, budget := range s.TokenBudgets {
			for _, router := range s.Routers {
				for _, apart := range s.Disaggregated {
					if err == nil && (kind.Imports || !apart) {
						all = append(all, Variant{policy, budget, router, apart})
					}
				}
			}
		}
	}
	return all
}

// candidates returns all layouts, and why each of the others does not fit.
func (s *Sizing) candidates(e *Experiment, o Options, rate, stretch float64) (all []*candidate, unfit []error, err error) {
	variants := s.Search.variants()
	for _, offer := range s.GPUs {
		gpu, price, err := offer.open(o.Profiles)
		if err != nil {
			return nil, nil, err
		}
		for _, tensor := range s.Search.TensorParallel {
			for _, pipeline := range s.Search.PipelineParallel {
				c := &candidate{Layout: Layout{offer.Name, tensor, pipeline}, variants: variants}
				c.price = price * float64(c.GPUs())
				c.most = s.mostReplicas(c, offer, cmp.Or(offer.PowerW, gpu.Power.Peak))
				why := fmt.Errorf("a replica of %d × %s is beyond the limits", c.GPUs(), offer.Name)
				if c.most >= 1 {
					why = c.plan(e, o, stretch)
				}
				if why != nil {
					unfit = append(unfit, why)
					continue
				}
				c.bound(rate)
				c.most = min(c.most, int(math.Ceil(max(1, c.busy)/loneShare)))
				all = append(all, c)
			}
		}
	}
	return all, unfit, nil
}

// open returns the GPU and its price.
func (o Offer) open(profiles fs.FS) (hardware.GPU, float64, error) {
	gpu, err := hardware.OpenGPU(profiles, o.Name)
	if err != nil {
		return gpu, 0, fmt.Errorf("gpu.name: %w", err)
	}
	price := cmp.Or(o.PricePerHour, gpu.Price.PerHour)
	if price == 0 {
		return gpu, 0, fmt.Errorf("gpu.price_per_hour: missing for %s (its profile has no price)", o.Name)
	}
	return gpu, price, nil
}

// mostReplicas returns how many replicas the limits allow.
func (s *Sizing) mostReplicas(c *candidate, o Offer, power float64) int {
	most := float64(mostReplicas)
	limit := func(allowed, each float64) {
		if allowed > 0 && each > 0 {
			most = min(most, math.Floor(allowed/each+1e-9))
		}
	}
	limit(s.Limits.PricePerHour, c.price)
	limit(s.Limits.PowerW, power*float64(c.GPUs()))
	limit(float64(s.Limits.GPUs), float64(c.GPUs()))
	limit(float64(o.Available), float64(c.GPUs()))
	return int(most)
}

// mostReplicas is how many replicas nobody looks beyond.
const mostReplicas = 4096
