package metrics

import (
	"time"

	"metronome/hardware"
)

// A Pool is replicas that are alike.
type Pool struct {
	Name, Role   string
	Replicas     int
	GPUs         int        // of all of them
	Stages       int        // of a pipeline that a replica is; 0 is 1
	Power        PowerModel // of a replica; nil if it is not known
	PricePerHour float64    // of all of them, in dollars; 0 if it is not known
}

func init() {
	Register("pools", "what each pool of the cluster did, if there are several", func(o Options) Metric {
		if len(o.Pools) < 2 {
			return silent{}
		}
		return &pools{of: o.Pools, done: make([]poolWork, len(o.Pools))}
	})
}

// silent is a metric that has nothing to look at, and so costs nothing.
type silent struct{}

// Merge implements Metric.
func (silent) Merge(Metric) {}

// Rows implements Metric.
func (silent) Rows() []Row { return nil }

// pools tells apart what the pools of a cluster do. A request counts where it ended.
type pools struct {
	of   []Pool
	done []poolWork
	provisioned
	span span
	ran  time.Duration // when the last iteration ended, which may be of a request that failed
}

type poolWork struct {
	ended, iterations, preemptions int64
	shape                          hardware.Shape // summed
	busy                           Sum            // ns
	used, total                    Sum            // block-nanoseconds
}

// Iteration implements IterationObserver.
func (m *pools) Iteration(it *Iteration) {
	w, d := &m.done[it.Pool], int64(it.End-it.Start)
	m.ran = max(m.ran, it.End)
	w.iterations++
	w.preemptions += int64(it.Preemptions)
	w.shape.Prefills += it.Shape.Prefills
	w.shape.PrefillTokens += it.Shape.PrefillTokens
	w.shape.Decodes += it.Shape.Decodes
	w.busy.Add(d, 1)
	w.used.Add(int64(it.UsedBlocks), d)
	w.total.Add(int64(it.TotalBlocks), d)
}

// Finished implements RequestObserver.
func (m *pools) Finished(c *Completion, _ *Score) {
	m.span.add(c)
	if c.Pool != NoPool {
		m.done[c.Pool].ended++
	}
}

// Merge implements Metric.
func (m *pools) Merge(o Metric) {
	p := o.(*pools)
	m.span.merge(p.span)
	m.ran = max(m.ran, p.ran)
	m.provisioned.merge(&p.provisioned)
	for i := range m.done {
		w, v := &m.done[i], &p.done[i]
		w.ended += v.ended
		w.iterations += v.iterations
		w.preemptions += v.preemptions
		w.shape.Prefills += v.shape.Prefills
		w.shape.PrefillTokens += v.shape.PrefillTokens
		w.shape.Decodes += v.shape.Decodes
		w.busy.Merge(v.busy)
		w.used.Merge(v.used)
		w.total.Merge(v.total)
	}
}

// Rows implements Metric. The name of a row is that of its pool.
func (m *pools) Rows() (rows []Row) {
	whole := m.span
	whole.last = max(whole.last, m.ran)
	for i, p := range m.of {
		for _, r := range append(m.standing(i), m.done[i].rows(whole, m.mean(whole, i, p.Replicas)*float64(max(1, p.Stages)))...) {
			r.Group, r.Name = "pools", p.Name
			rows = append(rows, r)
		}
	}
	return rows
}

// standing tells what a pool consists of: in the mean, if that changes.
func (m *pools) standing(pool int) []Row {
	p, share := m.of[pool], m.share(m.span, pool, m.of[pool])
	var price, replicas, gpus any
	replicas, gpus = int64(p.Replicas), int64(p.GPUs)
	if m.scaled(pool) {
		replicas, gpus = m.mean(m.span, pool, p.Replicas), float64(p.GPUs)*share
	}
	if p.PricePerHour > 0 {
		price = p.PricePerHour * share
	}
	return []Row{
		{Stat: "role", Value: p.Role},
		{Stat: "replicas", Value: replicas},
		{Stat: "gpus", Value: gpus},
		{Stat: "price_per_hour", Value: price},
	}
}

// rows tells what replicas of so many stages in all did. An iteration keeps one stage at a
// time busy.
func (w *poolWork) rows(s span, stages float64) []Row {
	rows := []Row{
		{Stat: "requests_ended", Value: w.ended},
		{Stat: "iterations", Value: w.iterations},
		{Stat: "prefill_tokens", Value: int64(w.shape.PrefillTokens)},
		{Stat: "decode_tokens", Value: int64(w.shape.Decodes)},
		{Stat: "preemptions", Value: w.preemptions},
	}
	if w.iterations == 0 {
		return rows
	}
	return append(rows, []Row{
		{Stat: "busy_share", Value: s.rate(w.busy.Float() / 1e9 / stages)},
		{Stat: "batch_mean", Value: float64(w.shape.Prefills+w.shape.Decodes) / float64(w.iterations)},
		{Stat: "kv_mean_share", Value: w.used.Float() / w.total.Float()},
	}...)
}
