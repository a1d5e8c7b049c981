package validation

import (
	"cmp"
	"io/fs"
	"slices"
	"time"
)

// A request is one of a run, as it was recorded or simulated.
type request struct {
	stage        int
	arrival      time.Duration
	prompt       int // which of the prompts; -1 is one of its own
	promptTokens int
	outputTokens int
	ttft, e2e    time.Duration // as the client saw them
	failed       bool
}

// tpot returns the time per output token after the first, false if there is none.
func (r *request) tpot() (time.Duration, bool) {
	if r.failed || r.outputTokens < 2 {
		return 0, false
	}
	return (r.e2e - r.ttft) / time.Duration(r.outputTokens-1), true
}

var requestColumns = []string{"request_id", "input_tokens", "output_tokens", "ttft_s", "e2e_s"}

// readRequests reads the requests of an experiment in order of arrival. Where
// the engine noted when it queued a request, latencies count from there: inside.
func readRequests(files fs.FS, x *Experiment, complain func(error)) (all []request, inside bool, err error) {
	err = eachRow(files, x.RequestFile, requestColumns, complain, func(r *row) {
		column := "arrival_s"
		if r.text("queued_s") != "" {
			column, inside = "queued_s", true
		}
		q := readRequest(r, column)
		if q.outputTokens == 0 {
			q.outputTokens = x.OutputTokens
		}
		if q.stage >= len(x.Stages) {
			r.wrong("stage", "must be one of the stages of the experiment")
		}
		if r.fault == nil {
			all = append(all, q)
		}
	})
	slices.SortStableFunc(all, func(a, b request) int { return cmp.Compare(a.arrival, b.arrival) })
	return all, inside, err
}

func readRequest(r *row, arrival string) request {
	q := request{
		stage: ifAny(r, "stage", (*row).whole), arrival: seconds(r.number(arrival)), prompt: -1,
		promptTokens: r.whole("input_tokens"), outputTokens: ifAny(r, "output_tokens", (*row).whole), failed: r.truth("error"),
	}
	if r.text("prompt_id") != "" {
		q.prompt = r.whole("prompt_id")
	}
	if !q.failed {
		q.ttft, q.e2e = seconds(r.number("ttft_s")), seconds(r.number("e2e_s"))
	}
	if q.promptTokens == 0 || q.arrival < 0 || q.ttft > q.e2e {
		r.wrong("input_tokens", "must be above 0, with an arrival from 0 and a TTFT of at most E2E")
	}
	return q
}

func seconds(s float64) time.Duration { return time.Duration(s * 1e9) }
