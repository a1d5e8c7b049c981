package metrics

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"metronome/workloads"
)

type vectors struct {
	Request []struct {
		Name  string
		Input struct {
			Gaps   []float64 `json:"inter_token_times"`
			First  float64   `json:"ttft_deadline"`
			Target float64   `json:"tbt_deadline"`
			Skip   bool      `json:"should_ignore_first_token"`
			Rate   float64   `json:"target_deadline_miss_rate"`
		}
		Output struct {
			Missed, Total float64
			Fluidity      *float64 `json:"fluidity_index"`
			Least         string   `json:"min_tbt_deadline_hex"`
			Rate          string   `json:"miss_rate_hex"`
		}
		Variants struct {
			Reset    [2]int64 `json:"alg1_exact_decimal"`
			PerToken [2]int64 `json:"docs_indicator"`
			NoReset  [2]int64 `json:"no_reset_absolute"`
		}
	} `json:"request_level"`
	Service []struct {
		Name  string
		Input struct {
			Gaps   [][]float64 `json:"request_level_inter_token_times"`
			First  []float64   `json:"ttft_deadline"`
			Target []float64   `json:"tbt_deadline"`
		}
		Output struct {
			Rate      float64 `json:"miss_rate"`
			Missed    float64
			Total     float64
			Rates     []float64          `json:"request_miss_rates"`
			Quantiles map[string]float64 `json:"quantile_miss_rate"`
		}
	} `json:"service_level"`
	Throughput []struct {
		Name  string
		Input struct {
			TBT  [][]float64 `json:"tbt_times"`
			TPOT []float64   `json:"tpot_times"`
		}
		Output struct {
			TPOT  float64            `json:"tpot_based_throughput"`
			TBT   float64            `json:"tbt_based_throughput"`
			Fluid float64            `json:"deadline_based_throughput"`
			Least []float64          `json:"per_request_min_tbt_deadline"`
			P99   map[string]float64 `json:"p99_miss_rate_for_target_tbt"`
		}
	}
	FloorDiv []struct {
		A, B float64
		Want float64 `json:"python_floordiv"`
	} `json:"python_float_floordiv"`
}

func readVectors(t *testing.T) (v vectors) {
	b, err := os.ReadFile("../../shared/data/fluidity_vectors.json")
	if err != nil {
		t.Skip("the recorded vectors are not here: ", err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEtalonRequestVectors(t *testing.T) {
	for _, v := range readVectors(t).Request {
		in, out := v.Input, v.Output
		missed, total := EtalonMisses(in.Gaps, in.First, in.Target, in.Skip)
		if missed != out.Missed || total != out.Total {
			t.Errorf("%s: missed %v of %v, recorded %v of %v", v.Name, missed, total, out.Missed, out.Total)
		}
		if rate := EtalonMissRate(in.Gaps, in.First, in.Target, in.Skip); rate != hex(t, out.Rate) {
			t.Errorf("%s: miss rate %x, recorded %s", v.Name, rate, out.Rate)
		}
		if out.Fluidity != nil && 1-missed/total != *out.Fluidity {
			t.Errorf("%s: index %v, recorded %v", v.Name, 1-missed/total, *out.Fluidity)
		}
		if least := EtalonLeastTarget(in.Gaps, in.First, in.Rate, in.Skip); least != hex(t, out.Least) {
			t.Errorf("%s: least target %x, recorded %s", v.Name, least, out.Least)
		}
	}
}

func hex(t *testing.T, text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestEtalonServiceVectors(t *testing.T) {
	for _, v := range readVectors(t).Service {
		in, out := v.Input, v.Output
		var missed, total float64
		var rates []float64
		for i, gaps := range in.Gaps {
			k, n := EtalonMisses(gaps, in.First[i], in.Target[i], false)
			missed += k
			total += n
			rates = append(rates, EtalonMissRate(gaps, in.First[i], in.Target[i], false))
			if rates[i] != out.Rates[i] {
				t.Errorf("%s: request %d misses %v, recorded %v", v.Name, i, rates[i], out.Rates[i])
			}
		}
		if missed != out.Missed || total != out.Total || total > 0 && missed/total != out.Rate {
			t.Errorf("%s: missed %v of %v, recorded %v of %v", v.Name, missed, total, out.Missed, out.Total)
		}
		for q, want := range out.Quantiles {
			if got := quantile(rates, hex(t, q)); got != want {
				t.Errorf("%s: quantile %s is %v, recorded %v", v.Name, q, got, want)
			}
		}
	}
}

func TestEtalonThroughputVectors(t *testing.T) {
	for _, v := range readVectors(t).Throughput {
		out := v.Output
		var leasts, gaps []float64
		for i, tbt := range v.Input.TBT {
			leasts = append(leasts, EtalonLeastTarget(append([]float64{0}, tbt...), 0, 0.1, true))
			gaps = append(gaps, tbt...)
			if leasts[i] != out.Least[i] {
				t.Errorf("%s: request %d needs %v, recorded %v", v.Name, i, leasts[i], out.Least[i])
			}
		}
		if got := 1 / quantile(leasts, 0.99); got != out.Fluid {
			t.Errorf("%s: fluid rate %v, recorded %v", v.Name, got, out.Fluid)
		}
		if got := 1 / mean(v.Input.TPOT); got != out.TPOT {
			t.Errorf("%s: TPOT rate %v, recorded %v", v.Name, got, out.TPOT)
		}
		if got := 1 / quantile(gaps, 0.99); got != out.TBT {
			t.Errorf("%s: TBT rate %v, recorded %v", v.Name, got, out.TBT)
		}
		for target, want := range out.P99 {
			var rates []float64
			for _, tbt := range v.Input.TBT {
				rates = append(rates, EtalonMissRate(append([]float64{0}, tbt...), 0, hex(t, target)/1000, true))
			}
			if got := quantile(rates, 0.99); got != want {
				t.Errorf("%s: P99 miss rate at %s ms is %v, recorded %v", v.Name, target, got, want)
			}
		}
	}
}

func TestEtalonFloorDivVectors(t *testing.T) {
	for _, v := range readVectors(t).FloorDiv {
		if got := floorDiv(v.A, v.B); got != v.Want {
			t.Errorf("%v // %v = %v, Python says %v", v.A, v.B, got, v.Want)
		}
	}
}

// TestReadingsOfVectors compares whole nanoseconds with exact decimals. The
// gaps of some vectors are whole milliseconds written without a unit.
func TestReadingsOfVectors(t *testing.T) {
	for _, v := range readVectors(t).Request {
		scale := 1e9
		if v.Input.Target >= 1 {
			scale = 1e6
		}
		c := completionOf(v.Input.Gaps, v.Input.First, scale)
		if v.Input.Skip {
			c.Deadline = 0
		}
		if c.Tokens() == 0 {
			continue // a reply without tokens scores 0 with us, and is not a number there
		}
		var s Score
		s.read(c, time.Duration(math.Round(v.Input.Target*scale)))
		for reading, want := range map[Reading][2]int64{
			Reset: v.Variants.Reset, PerToken: v.Variants.PerToken, NoReset: v.Variants.NoReset,
		} {
			if reading == PerToken && v.Name == "fp_slack_accum_0.1" {
				want = [2]int64{0, 11} // recorded in floats
			}
			if v.Name == "fp_ulp_over" {
				want = [2]int64{0, 2} // late by less than a nanosecond
			}
			met, total := s.Fluidity(reading)
			if s.Deadlines == 0 {
				met, total = 0, 0
			}
			if total-met != want[0] || total != want[1] {
				t.Errorf("%s, %s: missed %d of %d, recorded %v", v.Name, reading, total-met, total, want)
			}
		}
	}
}

// completionOf returns a request that arrived at a second past 0.
func completionOf(gaps []float64, first, scale float64) *Completion {
	at := time.Second
	c := &Completion{Request: workloads.Request{Arrival: at}, Admitted: at}
	c.Deadline = at + time.Duration(math.Round(first*scale))
	for i, gap := range gaps {
		d := time.Duration(math.Round(gap * scale))
		if i > 0 {
			c.LongestGap = max(c.LongestGap, d)
		}
		at += d
		c.Own = append(c.Own, at)
	}
	c.Finish = at
	return c
}
