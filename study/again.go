package study

import (
	"math"

	"metronome/workloads"
)

// again works out an experiment that differs from that of the plan in its seed,
// workload and number of replicas alone. It spares opening profiles.
func (p *Plan) again(e *Experiment, o Options) (*Plan, error) {
	q := *p
	q.Experiment.Seed, q.Experiment.Workload, q.Experiment.Tenants = e.Seed, e.Workload, e.Tenants
	q.Pools = nil
	for i, pool := range p.Pools {
		like, written, replicas := *pool, e.Scheduler, e.Deployment.Replicas
		if len(e.Pools) > 0 {
			written, replicas = e.Pools[i].Scheduler, e.Pools[i].Replicas
		}
		like.Spec.Scheduler.MaxOutputTokens = written.MaxOutputTokens
		if replicas != nil {
			like.Deployment.Replicas = pool.Deployment.Replicas / *pool.Spec.Replicas * *replicas
			like.Spec.Replicas = replicas
		}
		q.Pools = append(q.Pools, &like)
	}
	q.Pool = q.Pools[0]
	if err := q.survey(o); err != nil {
		return nil, e.draft.locate(err)
	}
	if p.stretch > 0 && e.Scheduler.MaxOutputTokens == nil {
		bound := powerOfTwo(int(math.Ceil(p.stretch * float64(q.Survey.LongestOutput))))
		for _, pool := range q.Pools {
			pool.Spec.Scheduler.MaxOutputTokens = &bound
		}
		q.settle()
	}
	return &q, nil
}

// A stretched source has replies that are longer by a factor, up to what the
// context leaves room for.
type stretched struct {
	workloads.Source
	factor  float64
	context int
}

// Next implements workloads.Source.
func (s stretched) Next() (workloads.Request, bool) {
	r, ok := s.Source.Next()
	longer := int(math.Ceil(s.factor * float64(r.OutputTokens)))
	r.OutputTokens = max(r.OutputTokens, min(longer, s.context-r.PromptTokens))
	return r, ok
}

// Err returns why the source ended early, if it did.
func (s stretched) Err() error {
	if f, ok := s.Source.(interface{ Err() error }); ok {
		return f.Err()
	}
	return nil
}
