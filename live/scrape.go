package live

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"metronome/metrics"
)

// A Gauges is what a server says of itself at one time. NaN is not known.
type Gauges struct {
	At               time.Duration
	KVShare          float64 // of the KV cache that is in use, of the fullest replica
	Running, Waiting float64 // requests, of all replicas
	Preemptions      float64 // since the server started
}

// The names by which servers of different kinds and ages tell the same.
var (
	kvNames         = []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage"}
	runningNames    = []string{"vllm:num_requests_running", "sglang:num_running_reqs"}
	waitingNames    = []string{"vllm:num_requests_waiting", "sglang:num_queue_reqs"}
	preemptionNames = []string{"vllm:num_preemptions_total", "vllm:num_preemptions", "sglang:num_retracted_reqs"}
)

// Scrape asks the endpoint for its metrics, once.
func (e *Endpoint) Scrape(ctx context.Context) (g Gauges, err error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.root+"/metrics", nil)
	if err != nil {
		return g, err
	}
	err = e.fetch(r, scrapeBytes, func(in io.Reader) error {
		g, err = readGauges(in)
		return err
	})
	return g, err
}

const (
	scrapeTimeout = 5 * time.Second
	scrapeBytes   = 4 << 20
)

// readGauges reads metrics in the text format of Prometheus.
func readGauges(in io.Reader) (Gauges, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(in)
	if err != nil {
		return Gauges{}, err
	}
	g := Gauges{
		KVShare:     pool(families, kvNames, math.Max),
		Running:     pool(families, runningNames, sum),
		Waiting:     pool(families, waitingNames, sum),
		Preemptions: pool(families, preemptionNames, sum),
	}
	if math.IsNaN(g.KVShare) && math.IsNaN(g.Running) && math.IsNaN(g.Waiting) {
		return g, errors.New("live: /metrics has none of the figures of vLLM or SGLang")
	}
	return g, nil
}

func sum(a, b float64) float64 { return a + b }

// pool joins the values of the first family that is there; NaN if none is.
func pool(families map[string]*dto.MetricFamily, names []string, join func(a, b float64) float64) float64 {
	for _, name := range names {
		f := families[name]
		if f == nil || len(f.Metric) == 0 {
			continue
		}
		value := 0.0
		for _, m := range f.Metric {
			value = join(value, m.GetGauge().GetValue()+m.GetCounter().GetValue()+m.GetUntyped().GetValue())
		}
		return value
	}
	return math.NaN()
}

// A Watch collects what a server says of itself, time and again.
type Watch struct {
	Samples []Gauges
	Failure error // why there are none

	stop chan struct{} // closed by Stop
	done chan struct{} // closed when there will be no more samples
}

// Watch scrapes an endpoint now, at an interval, and when it is stopped.
func (e *Endpoint) Watch(ctx context.Context, interval time.Duration) *Watch {
	w := &Watch{stop: make(chan struct{}), done: make(chan struct{})}
	start := time.Now()
	sample := func() (more bool) {
		g, err := e.Scrape(ctx)
		if err == nil {
			g.At = time.Since(start)
			w.Samples = append(w.Samples, g)
		} else if len(w.Samples) == 0 {
			w.Failure = err
			return false // it has no metrics
		}
		return true
	}
	go func() {
		defer close(w.done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for sample() {
			select {
			case <-ticker.C:
			case <-w.stop:
				sample()
				return
			}
		}
	}()
	return w
}

// Stop takes a last sample and ends the watch.
func (w *Watch) Stop() {
	close(w.stop)
	<-w.done
}

// Rows returns what the report says of the server.
func (w *Watch) Rows() []metrics.Row {
	if len(w.Samples) == 0 {
		return nil
	}
	rows := []metrics.Row{{Group: "server", Name: "samples", Value: int64(len(w.Samples))}}
	for _, figure := range []struct {
		name string
		of   func(Gauges) float64
	}{
		{"kv_cache_share", func(g Gauges) float64 { return g.KVShare }},
		{"running", func(g Gauges) float64 { return g.Running }},
		{"waiting", func(g Gauges) float64 { return g.Waiting }},
	} {
		mean, most := 0.0, math.Inf(-1)
		for _, g := range w.Samples {
			mean += figure.of(g) / float64(len(w.Samples))
			most = max(most, figure.of(g))
		}
		rows = append(rows, metrics.Row{Group: "server", Name: figure.name, Stat: "mean", Value: mean},
			metrics.Row{Group: "server", Name: figure.name, Stat: "max", Value: most})
	}
	first, last := w.Samples[0], w.Samples[len(w.Samples)-1]
	return append(rows, metrics.Row{Group: "server", Name: "preemptions", Value: last.Preemptions - first.Preemptions})
}
