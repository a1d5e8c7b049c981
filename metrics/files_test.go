package metrics

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"metronome/workloads"
)

func TestRequestsAreWrittenInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	events := randomEvents(rng, 300)
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	var file bytes.Buffer
	slo, tenants := DefaultSLO(), announced(rng)
	w, set := NewRequestWriter(&file, slo, tenants...), New(Options{SLO: slo, Tenants: tenants})
	for _, e := range events {
		e.tell(set)
		e.tell(w)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(rows) != 301 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	sum := 0.0
	for i, row := range rows[1:] {
		if row[0] != strconv.Itoa(i) {
			t.Fatalf("row %d is request %s", i, row[0])
		}
		f, _ := strconv.ParseFloat(row[15], 64)
		sum += f
	}
	if mean, _ := set.Report().Lookup("fluidity.mean"); math.Abs(sum/300-mean) > 1e-6 {
		t.Errorf("rows have a mean index of %v, the report %v", sum/300, mean)
	}
}

func TestRequestRow(t *testing.T) {
	var file bytes.Buffer
	w := NewRequestWriter(&file, DefaultSLO())
	w.Finished(&Completion{
		Request: workloads.Request{ID: 1, Arrival: 2 * time.Second, PromptTokens: 9, Tenant: `a "b", c`},
		Outcome: Rejected, Reason: "too long", Finish: 2 * time.Second,
	})
	c := replyOf(1500*time.Millisecond, 1800*time.Millisecond, []time.Duration{1_600_000_000, 1_620_000_000, 1_640_000_001}, 1)
	c.Admitted += 123_456
	w.Finished(c)
	w.Close()
	want := strings.Join(requestColumns, ",") + `
0,,,finished,,1.5,100,3,0,0.123456,100,300,20,140.000001,20.000001,1.000000,1.000000,1.000000,0,0
1,"a ""b"", c",,rejected,too long,2,9,0,0,,,,,,,0.000000,0.000000,0.000000,0,0
`
	if file.String() != want {
		t.Errorf("got\n%s\nwant\n%s", file.String(), want)
	}
}

// TestBenchFileRebuildsTheTokens adds up what the file says, as its readers do.
func TestBenchFileRebuildsTheTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 22))
	var file bytes.Buffer
	w := NewBenchWriter(&file, BenchSettings{Model: "m", Rate: 2})
	replies := map[int]*Completion{}
	for _, id := range rng.Perm(50) {
		c := servedReply(rng, 1+rng.IntN(30))
		c.Request.ID = id
		if id%10 == 3 {
			c.Outcome = Failed
		}
		replies[id] = c
		w.Finished(c)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Completed, Failed int
		Starts            []float64   `json:"start_times"`
		TTFT              []float64   `json:"ttfts"`
		ITL               [][]float64 `json:"itls"`
		Outputs           []int       `json:"output_lens"`
		Errors            []string
		P99               float64 `json:"p99_ttft_ms"`
		Rate              float64 `json:"request_rate"`
	}
	if err := json.Unmarshal(file.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Completed != 45 || got.Failed != 5 || got.Rate != 2 || got.P99 <= 0 {
		t.Errorf("completed %d, failed %d, rate %v, p99 %v", got.Completed, got.Failed, got.Rate, got.P99)
	}
	for id, c := range replies {
		if got.Errors[id] != "" {
			if c.Outcome == Finished || got.Outputs[id] != 0 {
				t.Errorf("request %d: error %q with %d tokens", id, got.Errors[id], got.Outputs[id])
			}
			continue
		}
		at := nanoseconds(got.Starts[id]) + nanoseconds(got.TTFT[id])
		for i := range c.Tokens() {
			if i > 0 {
				at += nanoseconds(got.ITL[id][i-1])
			}
			if at != c.Token(i) {
				t.Fatalf("request %d: token %d at %d, was at %d", id, i, at, c.Token(i))
			}
		}
	}
}

func nanoseconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
