package metrics

import (
	"cmp"
	"maps"
	"slices"
)

func init() {
	Register("regret", "quality of answers, their price, and the regret against the best pool, where pools serve different models",
		func(o Options) Metric { return &regret{options: o, classes: map[string]*classAnswers{}} })
}

// regret tells what routing among pools with different models achieved. The reward
// of a request is the quality of its answer less its weighted price, and 0 if it
// did not finish. Regret is the expected reward of a reference that serves every
// request, less that of the choices made: by the true qualities and the mean price
// of the class, not by luck. The references are the pool that is best for all
// requests together, and the oracle, which takes the best pool for each class.
type regret struct {
	options Options
	classes map[string]*classAnswers
}

// classAnswers are the answers to the requests of one class.
type classAnswers struct {
	all  tally // whatever became of them
	good int64
	by   []tally // answered, by each pool
}

// A tally is what some requests have asked for.
type tally struct{ requests, prompt, output int64 }

func (t *tally) add(o tally) {
	t.requests += o.requests
	t.prompt += o.prompt
	t.output += o.output
}

// Finished implements RequestObserver.
func (m *regret) Finished(c *Completion, _ *Score) {
	o := m.options.Offers
	if o == nil || c.Request.Arrival < m.options.Warmup {
		return
	}
	k := m.class(c.Request.Class)
	one := tally{1, int64(c.Request.PromptTokens), int64(c.Request.OutputTokens)}
	k.all.add(one)
	if c.Outcome == Finished {
		k.by[c.Pool].add(one)
		quality, _ := o.Grade(c.Request, c.Pool)
		k.good += int64(quality)
	}
}

func (m *regret) class(name string) *classAnswers {
	k := m.classes[name]
	if k == nil {
		k = &classAnswers{by: make([]tally, len(m.options.Offers.Pools))}
		m.classes[name] = k
	}
	return k
}

// Merge implements Metric.
func (m *regret) Merge(o Metric) {
	for name, from := range o.(*regret).classes {
		k := m.class(name)
		k.all.add(from.all)
		k.good += from.good
		for i := range k.by {
			k.by[i].add(from.by[i])
		}
	}
}

// Rows implements Metric.
func (m *regret) Rows() []Row {
	if m.options.Offers == nil {
		return nil
	}
	var whole outcome
	fixed := make([]float64, len(m.options.Offers.Pools)) // reward if all is sent there
	var each []Row
	for _, name := range slices.Sorted(maps.Keys(m.classes)) {
		c := m.outcome(name)
		whole.add(c)
		for i, reward := range c.fixed {
			fixed[i] += reward
		}
		each = append(each, m.classRows(cmp.Or(name, "none"), name, c)...)
	}
	best := argmax(fixed)
	return append([]Row{
		{"answers", "quality", "", per(float64(whole.good), whole.answered)},
		{"answers", "dollars_per_thousand", "", per(1000*whole.dollars, whole.answered)},
		{"answers", "reward", "", per(whole.reward, whole.requests)},
		{"answers", "price_weight", "", m.options.Offers.PriceWeight},
		{"answers", "best_fixed", "", m.options.Offers.Pools[best].Name},
		{"answers", "best_fixed_reward", "", per(fixed[best], whole.requests)},
		{"answers", "oracle_reward", "", per(whole.oracle, whole.requests)},
		{"answers", "regret_best_fixed", "", fixed[best] - whole.reward},
		{"answers", "regret_oracle", "", whole.oracle - whole.reward},
	}, each...)
}

// An outcome is what became of the requests of a class, and what might have.
type outcome struct {
	requests, answered, good int64
	dollars                  float64   // of the answers
	reward                   float64   // that the choices of pools were to be expected to earn
	fixed                    []float64 // likewise, each pool serving all
	oracle                   float64   // the best of fixed
}

func (o *outcome) add(c outcome) {
	o.requests += c.requests
	o.answered += c.answered
	o.good += c.good
	o.dollars += c.dollars
	o.reward += c.reward
	o.oracle += c.oracle
}

func (m *regret) outcome(class string) outcome {
	k, offers := m.classes[class], m.options.Offers
	o := outcome{requests: k.all.requests, good: k.good}
	for i, p := range offers.Pools {
		o.answered += k.by[i].requests
		o.dollars += p.price(k.by[i].prompt, k.by[i].output)
		fixed := offers.reward(p, class, k.all)
		o.reward += fixed * float64(k.by[i].requests) / float64(k.all.requests)
		o.fixed = append(o.fixed, fixed)
	}
	o.oracle = slices.Max(o.fixed)
	return o
}

// reward returns what a pool is to be expected to earn with some requests.
func (o *Offers) reward(p Offer, class string, t tally) float64 {
	return p.Quality.Of(class)*float64(t.requests) - o.PriceWeight*1000*p.price(t.prompt, t.output)
}

func (m *regret) classRows(shown, class string, o outcome) []Row {
	pools := m.options.Offers.Pools
	rows := []Row{
		{"classes", shown, "requests", o.requests},
		{"classes", shown, "quality", per(float64(o.good), o.answered)},
		{"classes", shown, "dollars_per_thousand", per(1000*o.dollars, o.answered)},
		{"classes", shown, "oracle", pools[argmax(o.fixed)].Name},
		{"classes", shown, "regret_oracle", o.oracle - o.reward},
	}
	for i, p := range pools {
		rows = append(rows, Row{"classes", shown, "share_of_" + p.Name, per(float64(m.classes[class].by[i].requests), o.answered)})
	}
	return rows
}

func argmax(values []float64) (best int) {
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
