package scheduler

import "slices"

// Recent are the lengths of the latest replies, from which a policy learns how
// long others may become. Its zero value is empty.
type recent struct {
	ring   []int // in order of arrival from next on, once it is full
	next   int
	sorted []int
}

// window is how many replies are kept.
const window = 512

// add takes in the length of a reply. It costs O(window).
func (r *recent) add(tokens int) {
	if len(r.ring) < window {
		r.ring = append(r.ring, tokens)
	} else {
		at, _ := slices.BinarySearch(r.sorted, r.ring[r.next])
		r.sorted = slices.Delete(r.sorted, at, at+1)
		r.ring[r.next] = tokens
		r.next = (r.next + 1) % window
	}
	at, _ := slices.BinarySearch(r.sorted, tokens)
	r.sorted = slices.Insert(r.sorted, at, tokens)
}

// atMost returns the tokens that a share of the replies, from 0 up to 1, stay
// below; 0 if there is none yet.
func (r *recent) atMost(share float64) int {
	if len(r.sorted) == 0 {
		return 0
	}
	return r.sorted[min(int(share*float64(len(r.sorted))), len(r.sorted)-1)]
}

// atLeast returns the share of the replies that have some tokens or more; 1 of at
// most one token, which all have, and else 0 if there is no reply yet.
func (r *recent) atLeast(tokens int) float64 {
	if tokens <= 1 {
		return 1
	}
	shorter, _ := slices.BinarySearch(r.sorted, tokens)
	return float64(len(r.sorted)-shorter) / float64(max(len(r.sorted), 1))
}
