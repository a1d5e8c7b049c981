package scheduler

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"metronome/workloads"
)

// explorers are those of all registered bandits, by name of the router.
func explorers(seed uint64) map[string]Explorer {
	all := map[string]Explorer{}
	for _, k := range Routers() {
		if b, learns := k.New(RouterSpec{}, rand.New(rand.NewPCG(seed, 3))).(*Bandit); learns {
			all[k.Name] = b.Explorer
		}
	}
	return all
}

// A game is a bandit whose pools give good answers as often as its means say,
// each of one replica.
type game struct {
	means  []float64
	delay  int // requests until one is over
	rounds int
}

// play returns the regret after each round: what the best arm would have been
// worth more.
func (g game) play(e Explorer, seed uint64) []float64 {
	luck := rand.New(rand.NewPCG(seed, 4))
	var draws []float64
	grade := func(r workloads.Request, pool int) (float64, float64) {
		if draws[r.ID] < g.means[pool] {
			return 1, 0
		}
		return 0, 0
	}
	b := &Bandit{Explorer: e, Pools: Pools{Replicas: slices.Repeat([]int{1}, len(g.means)), Grade: grade}}
	loads, chosen, most := make([]Load, len(g.means)), []int{}, slices.Max(g.means)
	var regret []float64
	sum := 0.0
	for id := range g.rounds {
		draws = append(draws, luck.Float64())
		i := b.Route(workloads.Request{ID: id}, loads)
		chosen = append(chosen, i)
		sum += most - g.means[i]
		regret = append(regret, sum)
		if over := id - g.delay; over >= 0 {
			b.Learn(workloads.Request{ID: over}, chosen[over], true)
		}
	}
	return regret
}

// mean returns the mean regret after n requests over many games, for each n.
func (g game) mean(name string, games int, after ...int) []float64 {
	sums := make([]float64, len(after))
	for seed := range uint64(games) {
		regret := g.play(explorers(seed)[name], seed)
		for i, n := range after {
			sums[i] += regret[n-1] / float64(games)
		}
	}
	return sums
}

// Theorem 1 of Auer, Cesa-Bianchi and Fischer: 8 Σ ln n / Δ + (1 + π²/3) Σ Δ.
func TestUCB1KeepsTheBoundOnItsRegret(t *testing.T) {
	for _, means := range [][]float64{{0.9, 0.6}, {0.9, 0.8}, {0.9, 0.8, 0.8, 0.7, 0.6}, {0.55, 0.45, 0.45}} {
		after := []int{100, 1000, 10_000}
		regret := game{means, 0, 10_000}.mean("ucb1", 20, after...)
		for i, n := range after {
			bound := 0.0
			for _, m := range means {
				if gap := slices.Max(means) - m; gap > 0 {
					bound += 8*math.Log(float64(n))/gap + (1+math.Pi*math.Pi/3)*gap
				}
			}
			if regret[i] > bound {
				t.Errorf("%v: regret %.1f after %d requests (the bound is %.1f)", means, regret[i], n, bound)
			}
		}
	}
}

// A regret that grows as log n grows by as much in each decade, one that grows
// as n by ten times as much.
func TestRegretGrowsAsTheLogarithmUnlessExplorationNeverEnds(t *testing.T) {
	g := game{[]float64{0.9, 0.6}, 0, 100_000}
	for name, linear := range map[string]bool{"ucb1": false, "thompson": false, "epsilon-greedy": true} {
		r := g.mean(name, 10, 1000, 10_000, 100_000)
		if growth := (r[2] - r[1]) / (r[1] - r[0]); (growth > 5) != linear {
			t.Errorf("%s: regrets %.1f after 1,000, 10,000 and 100,000 requests, the last decade %.1f times the one before", name, r, growth)
		}
	}
}

func TestThompsonRegretsLessThanEpsilonGreedy(t *testing.T) {
	for _, means := range [][]float64{{0.9, 0.6}, {0.9, 0.8}, {0.9, 0.8, 0.8, 0.7, 0.6}, {0.1, 0.05, 0.05, 0.02}} {
		g := game{means, 0, 10_000}
		thompson, greedy := g.mean("thompson", 20, 10_000)[0], g.mean("epsilon-greedy", 20, 10_000)[0]
		if thompson >= greedy {
			t.Errorf("%v: regret %.1f by Thompson sampling, %.1f by epsilon-greedy", means, thompson, greedy)
		}
	}
}

// Requests in flight cost at most about a round of each of them more.
func TestLateNewsCostLittle(t *testing.T) {
	for name := range explorers(0) {
		at, late := game{[]float64{0.9, 0.5}, 0, 5000}, game{[]float64{0.9, 0.5}, 100, 5000}
		more := late.mean(name, 20, 5000)[0] - at.mean(name, 20, 5000)[0]
		if more > 100*0.4 {
			t.Errorf("%s: with 100 requests in flight the regret is %.1f more", name, more)
		}
	}
}

// fleet returns a bandit over pools of 2, 1 and 3 replicas that are good at
// nothing but the class of their number.
func fleet(e Explorer) *Bandit {
	grade := func(r workloads.Request, pool int) (float64, float64) {
		if r.Class == string(rune('0'+pool)) {
			return 1, 0
		}
		return 0, 0
	}
	return &Bandit{Explorer: e, Pools: Pools{Replicas: []int{2, 1, 3}, Grade: grade}}
}

func TestBanditsTryEachPoolAndLearnEachClass(t *testing.T) {
	for name, e := range explorers(1) {
		b, loads := fleet(e), make([]Load, 6)
		sent := map[string][3]int{}
		for id := range 3000 {
			r := workloads.Request{ID: id, Class: string(rune('0' + id%3))}
			i := b.Route(r, loads)
			counts := sent[r.Class]
			counts[poolOf(i)]++
			sent[r.Class] = counts
			if id < 9 && slices.Max(counts[:]) > 1 {
				t.Errorf("%s: class %s is sent to pools %v times before each was tried", name, r.Class, counts)
			}
			b.Learn(r, poolOf(i), true)
		}
		for class, counts := range sent {
			if counts[class[0]-'0'] < 800 {
				t.Errorf("%s: of 1000 requests of class %s, pools get %v", name, class, counts)
			}
		}
	}
}

// poolOf returns the pool of a replica of the fleet.
func poolOf(replica int) int { return [...]int{0, 0, 1, 2, 2, 2}[replica] }

func TestBanditsChooseThePoolBlindlyAndTheReplicaByLoad(t *testing.T) {
	for name := range explorers(1) {
		idle, busy := fleet(explorers(1)[name]), fleet(explorers(1)[name])
		told := &teller{Router: busy}
		nothing, loads := make([]Load, 6), make([]Load, 6)
		random := rand.New(rand.NewPCG(5, 6))
		for id := range 500 {
			for i := range loads {
				loads[i] = Load{Waiting: random.IntN(9), Running: random.IntN(9)}
			}
			r := workloads.Request{ID: id, Class: "1"}
			i, j := idle.Route(r, nothing), told.Route(r, loads)
			if poolOf(i) != poolOf(j) {
				t.Fatalf("%s: request %d goes to pool %d of an idle cluster and to pool %d of a busy one", name, id, poolOf(i), poolOf(j))
			}
			for k := range loads {
				if poolOf(k) == poolOf(j) && loads[k].Sequences() < loads[j].Sequences() {
					t.Fatalf("%s: replica %d gets request %d with loads %+v", name, j, id, loads)
				}
			}
			idle.Learn(r, poolOf(i), true)
			busy.Learn(r, poolOf(j), true)
		}
	}
}

func TestPriceWeighsAgainstQuality(t *testing.T) {
	grade := func(r workloads.Request, pool int) (float64, float64) {
		good := r.ID%10 < 7+2*pool // 0.7 and 0.9
		if good {
			return 1, 0.0001 * float64(1+4*pool)
		}
		return 0, 0.0001 * float64(1+4*pool)
	}
	for name := range explorers(1) {
		for _, c := range []struct {
			weight float64
			pool   int
		}{{0, 1}, {0.1, 1}, {2, 0}} {
			b := &Bandit{Explorer: explorers(1)[name], Pools: Pools{Replicas: []int{1, 1}, Grade: grade}, PriceWeight: c.weight}
			loads, sent := make([]Load, 2), [2]int{}
			for id := range 20_000 {
				i := b.Route(workloads.Request{ID: id}, loads)
				sent[i]++
				b.Learn(workloads.Request{ID: id}, i, true)
			}
			if sent[c.pool] < 16_000 {
				t.Errorf("%s: with a weight of %v, pools get %v", name, c.weight, sent)
			}
		}
	}
}

func TestRequestsThatDoNotFinishCountAgainstTheirPool(t *testing.T) {
	for name, e := range explorers(1) {
		good := func(workloads.Request, int) (float64, float64) { return 1, 0 }
		b := &Bandit{Explorer: e, Pools: Pools{Replicas: []int{1, 1}, Grade: good}}
		loads, sent := make([]Load, 2), [2]int{}
		for id := range 2000 {
			i := b.Route(workloads.Request{ID: id}, loads)
			sent[i]++
			b.Learn(workloads.Request{ID: id}, i, i == 1)
		}
		if sent[0] > 200 {
			t.Errorf("%s: %d of 2000 requests go to a pool that fails all", name, sent[0])
		}
	}
}

func TestBanditsAreTheSameEachTime(t *testing.T) {
	g := game{[]float64{0.5, 0.6, 0.4}, 7, 3000}
	for name := range explorers(0) {
		a, b := g.play(explorers(9)[name], 1), g.play(explorers(9)[name], 1)
		if !slices.Equal(a, b) {
			t.Errorf("%s regrets %v one time and %v the other", name, a[len(a)-1], b[len(b)-1])
		}
	}
}
