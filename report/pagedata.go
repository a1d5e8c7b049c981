package report

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"

	"metronome/metrics"
)

// pageData is what the script of a page works with. Its names are those of the
// script.
type pageData struct {
	Target     float64     `json:"target"`     // D_d, ms
	Fluidity   float64     `json:"fluidity"`   // threshold
	Attainment float64     `json:"attainment"` // of requests, asked for
	Exact      float64     `json:"exact"`      // attainment of the whole run
	Seen       int         `json:"seen"`       // requests that the sample is of
	Sample     []replyData `json:"sample"`
	Worst      []replyData `json:"worst"`
	Charts     []Chart     `json:"charts"`
}

// A replyData is a request of the page.
type replyData struct {
	ID     int     `json:"id"`
	Prompt int     `json:"prompt"`
	Served bool    `json:"served"`
	Due    float64 `json:"due"`    // D_p in ms; 0 if there is none
	Tokens string  `json:"tokens"` // times since arrival: see packTimes
}

// grain is the precision of token times in a page.
const grain = 100 * time.Microsecond

// packTimes writes times in grains, each as the difference from the one before,
// as unsigned varints in base64.
func packTimes(times []time.Duration) string {
	var b []byte
	last := uint64(0)
	for _, t := range times {
		g := uint64((t + grain/2) / grain)
		b = binary.AppendUvarint(b, g-last)
		last = g
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (p reply) data() replyData {
	return replyData{p.id, p.prompt, p.served, float64(p.due) / 1e6, packTimes(p.tokens)}
}

// data returns what the page of the run shows.
func (r *Run) data(m *metrics.Report) pageData {
	slo := r.options.SLO
	exact, _ := m.Lookup("fluidity.reset_attainment")
	d := pageData{
		Target: float64(slo.TBT) / 1e6, Fluidity: slo.Fluidity.Float(), Attainment: slo.Attainment.Float(),
		Exact: exact, Seen: r.sample.seen, Charts: prepared(r.Charts()), Sample: []replyData{}, Worst: []replyData{},
	}
	for _, p := range r.sample.replies() {
		d.Sample = append(d.Sample, p.data())
	}
	for _, p := range r.worst {
		d.Worst = append(d.Worst, p.data())
	}
	return d
}

// rounded leaves five significant digits, which is more than a picture shows.
func rounded(values []float64) []float64 {
	all := make([]float64, len(values))
	for i, v := range values {
		all[i] = significant(v)
	}
	return all
}

func significant(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, 4-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
