package metrics

import "metronome/workloads"

// Offers are what the pools of a cluster, which may serve different models, have
// to offer to a request.
type Offers struct {
	Pools       []Offer
	PriceWeight float64        // quality given up to save a dollar on a thousand requests
	Luck        workloads.Luck // tells whether an answer is good: the same for a request wherever it is sent
}

// An Offer is what a pool does for what price.
type Offer struct {
	Name                     string
	Quality                  Quality
	PromptPrice, OutputPrice float64 // dollars per token
}

// Grade returns 1 if the answer of a pool to a request is good and 0 if it is not,
// and what it costs in dollars.
func (o *Offers) Grade(r workloads.Request, pool int) (quality, dollars float64) {
	p := o.Pools[pool]
	if o.Luck.Of(r.ID) < p.Quality.Of(r.Class) {
		quality = 1
	}
	return quality, p.price(int64(r.PromptTokens), int64(r.OutputTokens))
}

// price returns what tokens cost, in dollars.
func (o Offer) price(prompt, output int64) float64 {
	return float64(prompt)*o.PromptPrice + float64(output)*o.OutputPrice
}
