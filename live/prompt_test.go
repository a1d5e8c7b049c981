package live

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// counting serves completions that count the tokens of prompts as a model would that
// has a token for a number of words, and some of its own.
func counting(t *testing.T, ids, tokenize bool, base, perWord int) (e *Endpoint, last *int) {
	last = new(int)
	mux := http.NewServeMux()
	count := func(prompt any) int {
		switch p := prompt.(type) {
		case []any:
			return len(p)
		case string:
			return base + perWord*len(strings.Fields(p))
		}
		return 0
	}
	mux.HandleFunc("/v1/completions", func(w http.ResponseWriter, r *http.Request) {
		var q request
		json.NewDecoder(r.Body).Decode(&q)
		if _, isText := q.Prompt.(string); !isText && !ids {
			w.WriteHeader(400)
			return
		}
		*last = count(q.Prompt)
		fmt.Fprintf(w, "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n", *last)
	})
	if tokenize {
		mux.HandleFunc("/tokenize", func(w http.ResponseWriter, r *http.Request) {
			var q request
			json.NewDecoder(r.Body).Decode(&q)
			fmt.Fprintf(w, "{\"count\":%d}", count(q.Prompt))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	e = &Endpoint{URL: server.URL, Model: "m"}
	if err := e.Open(); err != nil {
		t.Fatal(err)
	}
	return e, last
}

func TestPromptsHaveTheLengthThatIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		ids, tokenize bool
		base, perWord int
		way           string
	}{
		{true, false, 1, 1, WayIDs},
		{false, true, 1, 1, WayTokenize},
		{false, false, 1, 1, WayCalibrated},
		{false, false, 11, 1, WayCalibrated},
		{false, false, 2, 3, WayCalibrated},
	} {
		e, last := counting(t, test.ids, test.tokenize, test.base, test.perWord)
		random := rand.New(rand.NewPCG(1, 2))
		p, err := Prompts(t.Context(), e, random)
		if err != nil || p.Way != test.way {
			t.Errorf("%+v: %+v, %v", test, p, err)
			continue
		}
		for _, n := range []int{50, 64, 1000, 3500} {
			if _, err := e.promptTokens(t.Context(), p.Prompt(n, n, random)); err != nil {
				t.Fatal(err)
			}
			if off := *last - n; off*off > (test.perWord/2)*(test.perWord/2) {
				t.Errorf("%+v: %d tokens (want %d)", test, *last, n)
			}
		}
	}
}

func TestPromptsDoNotBeginAlike(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range []*Prompter{{perWord: 1}, {ids: true}} {
		const inRow = 100
		var latest [inRow]string
		for n := range 1000 {
			prompt := p.Prompt(100, n, random)
			beginning := ""
			switch prompt := prompt.(type) {
			case string:
				beginning, _, _ = strings.Cut(strings.TrimSpace(prompt), " ")
			case []int:
				beginning = fmt.Sprint(prompt[0])
			}
			if slices.Contains(latest[:], beginning) {
				t.Fatalf("prompt %d begins with %q, as one of the %d before it", n, beginning, inRow)
			}
			latest[n%inRow] = beginning
		}
	}
}

// An endpoint that counts nothing is refused, as the lengths of prompts could not be told.
func TestEndpointsMustCount(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ request) {
		fmt.Fprint(w, "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n")
	})
	if p, err := Prompts(t.Context(), e, rand.New(rand.NewPCG(1, 2))); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("%+v, %v", p, err)
	}
}
