package validation

import (
	"encoding/json"
	"math"
)

// JSON returns the report as one object; the rows of head come first.
func (r *Report) JSON(version string) ([]byte, error) {
	experiments := []any{}
	for _, run := range r.Runs {
		experiments = append(experiments, run.json())
	}
	peers := map[string]any{}
	for _, p := range r.Compare() {
		peers[p.Name] = map[string]any{"mape": p.Errors, "ours": p.Ours, "itl_retokenized": p.PublishedITL}
	}
	points := []any{}
	for _, p := range r.Points {
		points = append(points, p.json())
	}
	faults := []string{}
	for _, err := range r.Faults {
		faults = append(faults, err.Error())
	}
	return json.MarshalIndent(map[string]any{
		"schema": 1, "version": version,
		"experiments": experiments,
		"mape":        r.MAPE(All), "mape_steady": r.MAPE(Steady), "mape_warm": r.Warm(),
		"stages":      r.Stages(),
		"closed_loop": map[string]any{"mape": r.ClosedLoops(), "points": points},
		"noise":       r.Noise(), "peers": peers, "faults": faults,
	}, "", "  ")
}

func (r *Run) json() any {
	x := r.Experiment
	all := map[string]any{
		"exp_id": x.ID, "family": x.Family, "model": x.Model, "gpu": x.GPU, "tensor_parallel": x.Tensor, "replicas": x.Data,
		"engine": x.Engine, "engine_version": x.Version, "overloaded": x.Overloaded,
	}
	if r.Err != nil {
		all["error"] = r.Err.Error()
		return all
	}
	var spans []any
	for i := range r.Spans {
		spans = append(spans, r.Spans[i].json())
	}
	all["spans"], all["preemptions"], all["cause"] = spans, r.Preemptions, r.Cause()
	if p := r.PerRequest; p != nil {
		all["failed_measured"], all["ks_e2e"], all["ks_ttft"], all["tpot_per_request_pct"] = p.Failed, p.E2E, p.TTFT, p.TPOT
	}
	return all
}

func (s *Span) json() any {
	return map[string]any{
		"stage": s.Stage, "requests": s.Requests, "failed": s.Failed, "requests_per_s": s.Rate,
		"figures": byName(s.Figures), "warm": byName(s.WarmFigures),
	}
}

func (r *PointRun) json() any {
	p := r.Point
	all := map[string]any{
		"id": p.ID, "source": p.Source, "model": p.Model, "gpu": p.GPU, "engine": p.Engine, "engine_version": p.Version,
		"tensor_parallel": p.Tensor, "isl": p.Input, "osl": p.Output, "concurrency": p.Concurrency,
	}
	if r.Err != nil {
		all["error"] = r.Err.Error()
		return all
	}
	all["figures"] = byName(r.Figures)
	return all
}

func byName(figures []Figure) map[string]any {
	all := map[string]any{}
	for _, f := range figures {
		unit := "_ms"
		if f.Name == "throughput" {
			unit = "_per_s"
		}
		all[f.Name] = map[string]any{
			"predicted" + unit: f.Predicted, "measured" + unit: f.Measured,
			"error_pct": math.Round(f.Error()*1e4) / 1e4, "source": f.Source,
		}
	}
	return all
}
