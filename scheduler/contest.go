package scheduler

// A contest finds the greatest of credits that all grow by the round, each by its
// weight, and change otherwise one at a time: a kinetic tournament (Basch, Guibas,
// Hershberger, J. Algorithms 31, 1999). In its binary tree each node has the winner of
// its two children, and the round from which its subtree may have to be played again.
type contest struct {
	round   int
	players []player
	winner  []int // of node i, whose children are 2i and 2i+1; the players come last; nobody if there is none
	until   []int // of node i: the first round in which another than the winner may win, in it or below
	leaves  int   // a power of two
}

// A player has a credit since a round, to which its weight has been added each round.
type player struct {
	credit, since, weight int
	gone                  bool // its credit stays as it is
}

const nobody = -1

// newContest returns a contest in which all players take part with no credit.
func newContest(weights []int) *contest {
	c := &contest{leaves: 1}
	for c.leaves < len(weights) {
		c.leaves *= 2
	}
	c.winner, c.until = make([]int, 2*c.leaves), make([]int, 2*c.leaves)
	for i := range c.leaves {
		c.winner[c.leaves+i], c.until[c.leaves+i] = nobody, out
	}
	for i, w := range weights {
		c.players = append(c.players, player{weight: w})
		c.winner[c.leaves+i] = i
	}
	for node := c.leaves - 1; node > 0; node-- {
		c.play(node)
	}
	return c
}

// next begins a round and returns who has the most credit, of equals the first. It
// costs O(log² players) on average at most, as players seldom overtake each other.
func (c *contest) next() int {
	c.round++
	c.replay(1)
	return c.winner[1]
}

// replay plays again what may have changed below a node.
func (c *contest) replay(node int) {
	if c.until[node] > c.round {
		return
	}
	c.replay(2 * node)
	c.replay(2*node + 1)
	c.play(node)
}

// play finds the winner of a node, whose children know theirs, and how long it lasts.
func (c *contest) play(node int) {
	first, second := c.winner[2*node], c.winner[2*node+1]
	c.until[node] = min(c.until[2*node], c.until[2*node+1])
	if first == nobody || second == nobody {
		c.winner[node] = max(first, second)
		return
	}
	lead := c.credit(first) - c.credit(second)
	gain := c.players[second].weight - c.players[first].weight // each round
	rounds := out
	if lead >= 0 {
		c.winner[node] = first
		if gain > 0 {
			rounds = lead/gain + 1
		}
	} else {
		c.winner[node] = second
		if gain < 0 {
			rounds = (lead + gain + 1) / gain // rounded up, as the first is ahead of its equal
		}
	}
	if rounds < out {
		c.until[node] = min(c.until[node], c.round+rounds)
	}
}

// credit returns the credit of a player who takes part.
func (c *contest) credit(i int) int {
	p := &c.players[i]
	return p.credit + p.weight*(c.round-p.since)
}

// pay takes credit from a player who takes part.
func (c *contest) pay(i, credit int) {
	p := &c.players[i]
	p.credit, p.since = c.credit(i)-credit, c.round
	c.replayAbove(i)
}

// leave lets a player take part no more.
func (c *contest) leave(i int) {
	p := &c.players[i]
	p.credit, p.gone = c.credit(i), true
	c.winner[c.leaves+i] = nobody
	c.replayAbove(i)
}

// enter lets a player take part again, with the credit that it left with.
func (c *contest) enter(i int) {
	p := &c.players[i]
	p.since, p.gone = c.round, false
	c.winner[c.leaves+i] = i
	c.replayAbove(i)
}

func (c *contest) replayAbove(i int) {
	for node := (c.leaves + i) / 2; node > 0; node /= 2 {
		c.play(node)
	}
}
