package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"metronome/metrics"
	"metronome/study"
)

// scaling says how the replicas of a pool come and go; nothing if they do not.
func scaling(p *study.Pool) []assumption {
	s := p.Spec.Scaling
	if s == nil {
		return nil
	}
	return []assumption{{"scaling", fmt.Sprintf("%d to %d replicas, %s at %s, looked at every %v; ready after %v, off after %v of less load",
		*s.Min, *s.Max, s.Rule, figure(*s.Target), *s.Interval, *s.Delay, *s.DownAfter)}}
}

// worth says how good and how dear the answers of a pool are, if pools are told apart.
func worth(p *study.Pool) []assumption {
	w := p.Spec.Worth
	if w.Quality == nil {
		return nil
	}
	text := "good answers: " + qualities(w.Quality)
	if w.PromptPrice != nil && w.OutputPrice != nil {
		text += fmt.Sprintf("; $ %s and %s per million prompt and output tokens", figure(*w.PromptPrice), figure(*w.OutputPrice))
	}
	return []assumption{{"worth", text}}
}

func qualities(q metrics.Quality) string {
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(q)) {
		parts = append(parts, class+" "+percent(q[class]))
	}
	return strings.Join(parts, ", ")
}

// troubles says who is let in and what goes wrong; nothing if all are and nothing does.
func troubles(e *study.Experiment) (all []assumption) {
	if text := admission(e.Admission); text != "" {
		all = append(all, assumption{"admission", text})
	}
	if text := faults(e.Faults); text != "" {
		all = append(all, assumption{"faults", text})
	}
	return all
}

func admission(a study.Admission) string {
	var parts []string
	if a.Rate != nil {
		parts = append(parts, fmt.Sprintf("%s requests/s, bursts of %d", figure(*a.Rate), *a.Burst))
	}
	if a.MaxWaiting != nil {
		parts = append(parts, fmt.Sprintf("at most %d waiting", *a.MaxWaiting))
	}
	if a.ShedLate {
		parts = append(parts, "none that is expected to be late")
	}
	return strings.Join(parts, "; ")
}

func faults(f study.Faults) string {
	var parts []string
	if n := len(f.Crashes); n > 0 {
		parts = append(parts, "crashes at given times: "+strconv.Itoa(n))
	}
	if f.MTBF != nil {
		text := fmt.Sprintf("a crash of each replica every %v", *f.MTBF)
		if f.Repair != nil {
			text += fmt.Sprintf(", repaired after %v", *f.Repair)
		}
		parts = append(parts, text)
	}
	if n := len(f.Slow); n > 0 {
		parts = append(parts, "slow replicas at given times: "+strconv.Itoa(n))
	}
	if f.SlowMTBF != nil {
		parts = append(parts, fmt.Sprintf("each replica %s times slower every %v for %v", figure(*f.SlowFactor), *f.SlowMTBF, *f.SlowFor))
	}
	switch {
	case f.OnCrash == "fail", f.OnCrash != "" && *f.Retries == 0:
		parts = append(parts, "requests of a crash fail")
	case f.OnCrash != "":
		parts = append(parts, fmt.Sprintf("requests are sent again %d times at most", *f.Retries))
	}
	return strings.Join(parts, "; ")
}

// routers says how requests find their replicas.
func routers(p *study.Plan) string {
	r, h := p.Experiment.Router, p.Experiment.Handover
	text := r.Policy
	if r.LoadCap != nil {
		text += " within " + figure(*r.LoadCap) + " × the mean load"
	}
	if r.Weights != nil {
		text += fmt.Sprintf(" %v", r.Weights)
	}
	if r.Epsilon != nil {
		text += ", any pool for " + percent(*r.Epsilon) + " of the requests"
	}
	if r.PriceWeight != nil {
		text += fmt.Sprintf(", a dollar per 1000 requests worth %s of quality", figure(*r.PriceWeight))
	}
	if r.Staleness != nil && *r.Staleness > 0 {
		text += fmt.Sprintf(", of loads up to %v old", *r.Staleness)
	}
	if h.Router == "" {
		return text
	}
	if h.MinPrompt > 0 {
		text += fmt.Sprintf(" from prompts of %d tokens on", h.MinPrompt)
	}
	link := p.Link()
	speed := "without limit"
	if link.BytesPerSecond > 0 {
		speed = "at " + figure(link.BytesPerSecond/1e9) + " GB/s per GPU"
	}
	return fmt.Sprintf("%s; replies by %s, their KV caches %s after %v", text, h.Router, speed, link.Latency)
}
