package validation

import (
	"math"
	"testing"
	"time"

	"metronome/workloads"
)

func TestPlannedStagesHoldWhatTheRecordingsHold(t *testing.T) {
	x := &Experiment{
		Stages:       []Stage{{5, 600 * time.Second}, {10, 600 * time.Second}},
		OutputTokens: 247, UniquePrompts: 100, Timeout: clientTimeout,
	}
	all := plan(x, 591, 3)
	if len(all) != 9000 {
		t.Fatalf("%d requests, want 9000", len(all))
	}
	start := []time.Duration{0, 600*time.Second + clientTimeout + stagePause}
	first := []int{0, 3000, 9000}
	for s := range x.Stages {
		stage := all[first[s]:first[s+1]]
		if end := stage[len(stage)-1].arrival; (end - start[s] - 600*time.Second).Abs() > time.Microsecond {
			t.Errorf("stage %d ends at %v", s, end)
		}
		last, sum, squares := start[s], 0.0, 0.0
		for i, r := range stage {
			if r.stage != s || r.prompt != (first[s]+i)%100 || r.arrival < last {
				t.Fatalf("request %d: %+v after %v", first[s]+i, r, last)
			}
			gap := (r.arrival - last).Seconds()
			sum, squares, last = sum+gap, squares+gap*gap, r.arrival
		}
		n := float64(len(stage))
		if cv := math.Sqrt(squares/n-sum/n*sum/n) / (sum / n); math.Abs(cv-1) > 0.06 {
			t.Errorf("stage %d: gaps vary by %.3f of their mean, exponential ones by 1", s, cv)
		}
	}
}

func TestEqualPromptsShareTheirTokensAndGroupsTheirBeginning(t *testing.T) {
	p := &playback{prefixes: map[int]*workloads.Prefix{}, sharing: Sharing{10, 10, 128}}
	for _, prompt := range []int{0, 9, 10, 0} {
		p.requests = append(p.requests, request{prompt: prompt, promptTokens: 192})
	}
	var segments [][]workloads.Segment
	for r, ok := p.Next(); ok; r, ok = p.Next() {
		segments = append(segments, r.Prefix.Segments)
	}
	a, b, c, again := segments[0], segments[1], segments[2], segments[3]
	if a[0] != b[0] || a[1] == b[1] || a[0] == c[0] || a[1] == c[1] || a[1] != again[1] {
		t.Errorf("prompts 0, 9, 10 and 0 again have %v", segments)
	}
	if a[0].Tokens+a[1].Tokens != 192 {
		t.Errorf("%v does not name the 192 tokens", a)
	}
}

func TestLoopSendsTenRequestsPerClientAsRepliesCome(t *testing.T) {
	l := newLoop(&Point{Input: 100, Output: 10, Shortest: 0.8, Concurrency: 4}, 1)
	n := 0
	for r, ok := l.Next(); ok; r, ok = l.Next() {
		if r.PromptTokens < 80 || r.PromptTokens > 100 || r.OutputTokens < 8 || r.OutputTokens > 10 {
			t.Errorf("%+v is not within 0.8 to 1 of 100 and 10", r)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d requests at once, want 4", n)
	}
	for r, ok := l.FollowUp(workloads.Request{}, time.Second); ok; r, ok = l.FollowUp(r, time.Second) {
		n++
	}
	if n != 40 {
		t.Errorf("%d requests in all, want 40", n)
	}
}
