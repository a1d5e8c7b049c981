package scheduler

import "math"

// A tournament finds the least of numbers that change one at a time: it is a binary
// tree in which each node has the lesser of the numbers of its two children.
type tournament struct {
	least  []int // of node i, whose children are 2i and 2i+1; the numbers themselves come last
	leaves int   // a power of two
}

// newTournament returns a tournament of n numbers, all out of the running.
func newTournament(n int) *tournament {
	t := &tournament{leaves: 1}
	for t.leaves < n {
		t.leaves *= 2
	}
	t.least = make([]int, 2*t.leaves)
	for i := range t.least {
		t.least[i] = out
	}
	return t
}

// out is the number of who cannot win.
const out = math.MaxInt

// set changes a number. It costs O(log n), and O(1) if it is what it was.
func (t *tournament) set(i, number int) {
	node := t.leaves + i
	for t.least[node] != number {
		t.least[node] = number
		if node == 1 {
			return
		}
		number = min(number, t.least[node^1])
		node /= 2
	}
}

// first returns the place of the least number: of equals the first from a place on,
// or else the first of all. It costs O(log n).
func (t *tournament) first(from int) int {
	least, node := t.least[1], t.leaves+from
	for t.least[node] != least {
		for node > 1 && node%2 == 1 {
			node /= 2
		}
		if node > 1 { // else nobody follows, and all are looked at
			node++
		}
	}
	for node < t.leaves {
		if node *= 2; t.least[node] != least {
			node++
		}
	}
	return node - t.leaves
}
