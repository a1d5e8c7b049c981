package workloads

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSystemPromptsMakePromptsLongerAndShared(t *testing.T) {
	s := lengths(10, 5)
	s.SystemPrompt = SystemPromptSpec{Count: ptr(3), Tokens: ptr(100)}
	seen := map[uint64]int{}
	for _, r := range draw(t, open(t, s, Options{})) {
		if r.PromptTokens != 110 || len(r.Prefix.Segments) != 1 || r.Prefix.Segments[0].Tokens != 100 {
			t.Fatalf("request %+v with prefix %+v, want 110 tokens that begin with 100 shared ones", r, r.Prefix)
		}
		seen[r.Prefix.Segments[0].Stream]++
	}
	if len(seen) != 3 {
		t.Errorf("%d system prompts in 2000 requests, want 3", len(seen))
	}
}

// converse plays all sessions of a workload, each reply at once.
func converse(t *testing.T, w *Workload) (sessions [][]Request) {
	t.Helper()
	source, err := w.Source()
	if err != nil {
		t.Fatal(err)
	}
	for r, ok := source.Next(); ok; r, ok = source.Next() {
		turns := []Request{r}
		for {
			next, more := source.(Conversation).FollowUp(r, r.Arrival+time.Second)
			if !more {
				break
			}
			turns = append(turns, next)
			r = next
		}
		sessions = append(sessions, turns)
	}
	return sessions
}

func TestSessionsSayEverythingAgain(t *testing.T) {
	s := lengths(10, 5)
	s.Requests = ptr(40)
	s.SystemPrompt = SystemPromptSpec{Tokens: ptr(100)}
	s.Sessions = SessionSpec{Turns: ptr(4), Think: ptr(2 * time.Second)}
	all := converse(t, open(t, s, Options{}))
	if len(all) != 10 {
		t.Fatalf("%d sessions of 4 turns in 40 requests, want 10", len(all))
	}
	streams := map[uint64]bool{}
	for _, turns := range all {
		said := 0
		for i, r := range turns {
			if i > 0 && r.Arrival != turns[i-1].Arrival+3*time.Second {
				t.Errorf("turn %d at %v after one at %v that took 1s, want 2s to think", i, r.Arrival, turns[i-1].Arrival)
			}
			if r.PromptTokens != said+110 || r.Prefix != turns[0].Prefix {
				t.Errorf("turn %d has a prompt of %d tokens after %d were said, want 110 more", i, r.PromptTokens, said)
			}
			said = r.PromptTokens + r.OutputTokens
		}
		segments := turns[0].Prefix.Segments
		streams[segments[1].Stream] = true
		if segments[0].Tokens != 100 || segments[1].Tokens < said {
			t.Errorf("segments %+v do not cover a system prompt of 100 tokens and the %d said", segments, said)
		}
	}
	if len(streams) != 10 {
		t.Errorf("%d sessions share their tokens with others, want none", 10-len(streams))
	}
}

func TestSessionsEndBeforeTheyExceedTheContext(t *testing.T) {
	s := lengths(10, 5)
	s.Sessions = SessionSpec{Turns: ptr(100)}
	w := open(t, s, Options{Context: 61})
	for _, turns := range converse(t, w) {
		if len(turns) != 4 { // 15, 30, 45 and 60 tokens
			t.Fatalf("%d turns of 15 tokens in a context of 61, want 4", len(turns))
		}
	}
}

func TestSurveyFollowsSessions(t *testing.T) {
	s := lengths(10, 5)
	s.Requests = ptr(40)
	s.Sessions = SessionSpec{Turns: ptr(4)}
	got, err := open(t, s, Options{}).Survey()
	if err != nil {
		t.Fatal(err)
	}
	if got.Requests != 40 || got.LongestPrompt != 55 || got.LongestTotal != 60 {
		t.Errorf("surveyed %+v, want 40 requests, prompts of up to 55 and 60 tokens in all", got)
	}
}

func TestSpreadMovesBunchesApartInOrder(t *testing.T) {
	lines := "arrival_s,prompt_tokens,output_tokens\n" + strings.Repeat("0,1,1\n", 50) + strings.Repeat("3,2,1\n", 50)
	path := file(t, "bunched.csv", lines)
	all := draw(t, open(t, Spec{Trace: path, Spread: ptr(3 * time.Second)}, Options{}))
	if !slices.IsSortedFunc(all, func(a, b Request) int { return int(a.Arrival - b.Arrival) }) {
		t.Error("requests are out of order")
	}
	for i, r := range all {
		tick := time.Duration(i/50) * 3 * time.Second
		if r.Arrival < tick || r.Arrival >= tick+3*time.Second || r.PromptTokens != 1+i/50 {
			t.Fatalf("request %d of %d tokens arrives at %v, want within 3s of %v", i, r.PromptTokens, r.Arrival, tick)
		}
	}
	if all[25].Arrival == all[26].Arrival {
		t.Error("requests of a bunch still arrive together")
	}
}

func TestMooncakeHashesNamePrefixes(t *testing.T) {
	path := file(t, "m.jsonl", `{"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [7, 8]}
{"timestamp": 1, "input_length": 1024, "output_length": 5, "hash_ids": [7, 9]}
`)
	all := draw(t, open(t, Spec{Trace: path}, Options{}))
	want := [][]Segment{{{7, 512}, {8, 88}}, {{7, 512}, {9, 512}}}
	for i, r := range all {
		if !slices.Equal(r.Prefix.Segments, want[i]) {
			t.Errorf("request %d has prefix %v, want %v", i, r.Prefix.Segments, want[i])
		}
	}
}
