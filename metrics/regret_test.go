package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"metronome/workloads"
)

// offers are a small and a large model; the large one is better at code only, and
// ten times as dear.
func offers(weight float64) *Offers {
	return &Offers{
		Pools: []Offer{
			{Name: "small", Quality: Quality{"chat": 0.8, "code": 0.3}, PromptPrice: 1e-7, OutputPrice: 2e-7},
			{Name: "large", Quality: Quality{"chat": 0.8, AnyOther: 0.9}, PromptPrice: 1e-6, OutputPrice: 2e-6},
		},
		PriceWeight: weight, Luck: workloads.NewLuck(1, "quality"),
	}
}

// answered returns the report of requests of 1000 and 500 tokens, code and chat in
// turn, that are sent to pools by choose.
func answered(o *Offers, n int, choose func(class string) int) *Report {
	set := New(Options{SLO: DefaultSLO(), Offers: o})
	for id := range n {
		class := []string{"code", "chat"}[id%2]
		c := replyOf(0, time.Second, []time.Duration{time.Second}, 1)
		c.Request = workloads.Request{ID: id, Class: class, PromptTokens: 1000, OutputTokens: 500}
		c.Pool = choose(class)
		set.Finished(c)
	}
	return set.Report()
}

func TestRegretIsAgainstTheBestPoolAndTheBestOfEachClass(t *testing.T) {
	const n, weight = 1000, 0.1 // $0.2 and $2 for a thousand requests: 0.02 and 0.2 of quality
	rewards := map[string][2]float64{"chat": {0.78, 0.6}, "code": {0.28, 0.7}}
	small, large := 0.5*(0.78+0.28), 0.5*(0.6+0.7)
	oracle := 0.5 * (0.78 + 0.7)
	for _, c := range []struct {
		name   string
		pools  map[string]int
		reward float64
	}{
		{"small", map[string]int{"chat": 0, "code": 0}, small},
		{"large", map[string]int{"chat": 1, "code": 1}, large},
		{"oracle", map[string]int{"chat": 0, "code": 1}, oracle},
		{"its opposite", map[string]int{"chat": 1, "code": 0}, 0.5 * (0.6 + 0.28)},
	} {
		r := answered(offers(weight), n, func(class string) int { return c.pools[class] })
		quality := 0.0
		for class, pool := range c.pools {
			quality += 0.5 * offers(weight).Pools[pool].Quality.Of(class)
		}
		for key, want := range map[string]float64{
			"answers.reward": c.reward, "answers.best_fixed_reward": large, "answers.oracle_reward": oracle,
			"answers.regret_best_fixed": n * (large - c.reward), "answers.regret_oracle": n * (oracle - c.reward),
			"classes.code.regret_oracle":  n / 2 * (0.7 - rewards["code"][c.pools["code"]]),
			"classes.chat.share_of_large": float64(c.pools["chat"]),
		} {
			if got, _ := r.Lookup(key); math.Abs(got-want) > 1e-9*n {
				t.Errorf("%s: %s is %v, want %v", c.name, key, got, want)
			}
		}
		if got, _ := r.Lookup("answers.quality"); math.Abs(got-quality) > 4*0.5/math.Sqrt(n) {
			t.Errorf("%s: %v of the answers are good, %v of them should be", c.name, got, quality)
		}
		if r.Text("answers.best_fixed") != "large" || r.Text("classes.chat.oracle") != "small" || r.Text("classes.code.oracle") != "large" {
			t.Errorf("%s: the wrong pools are the best: %v", c.name, r.Rows)
		}
	}
}

func TestRequestsWithoutAnAnswerEarnNothing(t *testing.T) {
	set := New(Options{SLO: DefaultSLO(), Offers: offers(0)})
	set.Finished(&Completion{Request: workloads.Request{Class: "code", PromptTokens: 10, OutputTokens: 10}, Outcome: Rejected})
	r := set.Report()
	if regret, _ := r.Lookup("answers.regret_oracle"); regret != 0.9 {
		t.Errorf("regret of a rejected request: %v, want 0.9", regret)
	}
	if r.row("answers.quality").Value != nil {
		t.Error("there is a quality without answers")
	}
}

// A better pool answers well whatever a worse one does.
func TestLuckIsTheSameWhereverARequestIsSent(t *testing.T) {
	o := offers(0)
	for id := range 1000 {
		r := workloads.Request{ID: id, Class: "code"}
		small, _ := o.Grade(r, 0)
		large, _ := o.Grade(r, 1)
		if small > large {
			t.Fatalf("request %d is answered well by the worse pool only", id)
		}
	}
}

func TestQualityIsANumberOrATableOfClasses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		q := Quality{"chat": rng.Float64(), "a b": rng.Float64(), AnyOther: math.Round(rng.Float64())}
		text, _ := q.MarshalTOML()
		var back struct{ Quality Quality }
		if _, err := toml.Decode("quality = "+string(text), &back); err != nil {
			t.Fatal(err)
		}
		for _, class := range []string{"chat", "a b", AnyOther, "unnamed"} {
			if back.Quality.Of(class) != q.Of(class) {
				t.Fatalf("%s is read as %v", text, back.Quality)
			}
		}
	}
	var q Quality
	if err := q.UnmarshalTOML(0.7); err != nil || q.Of("anything") != 0.7 {
		t.Errorf("0.7 is read as %v: %v", q, err)
	}
	refused := []any{"high", 1.5, -0.1, math.NaN(), map[string]any{"chat": 2.0}, []any{0.5}}
	if i := slices.IndexFunc(refused, func(v any) bool { return q.UnmarshalTOML(v) == nil }); i >= 0 {
		t.Errorf("%v is accepted", refused[i])
	}
}

func TestNoChoiceBeatsTheOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for trial := range 200 {
		set := New(Options{SLO: DefaultSLO(), Offers: offers(rng.Float64())})
		for id := range 1 + rng.IntN(30) {
			c := replyOf(0, time.Second, []time.Duration{time.Second}, 1)
			c.Request = workloads.Request{ID: id, Class: []string{"chat", "code"}[rng.IntN(2)], PromptTokens: 1 + rng.IntN(9000), OutputTokens: 1 + rng.IntN(900)}
			c.Pool = rng.IntN(2)
			set.Finished(c)
		}
		r := set.Report()
		if regret, _ := r.Lookup("answers.regret_oracle"); regret < -1e-9 {
			t.Errorf("trial %d: the regret against the oracle is %v", trial, regret)
		}
		fixed, _ := r.Lookup("answers.best_fixed_reward")
		if oracle, _ := r.Lookup("answers.oracle_reward"); oracle < fixed-1e-12 {
			t.Errorf("trial %d: the oracle earns %v, a fixed pool %v", trial, oracle, fixed)
		}
	}
}
