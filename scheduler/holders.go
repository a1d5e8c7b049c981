package scheduler

import (
	"slices"

	"metronome/workloads"
)

// holders tell which replicas have a named block in their caches, all of one block
// size, in ascending order. The caches keep it up to date.
type holders map[blockKey][]int

func (h holders) add(key blockKey, replica int) {
	of := h[key]
	at, _ := slices.BinarySearch(of, replica)
	h[key] = slices.Insert(of, at, replica)
}

func (h holders) remove(key blockKey, replica int) {
	of := h[key]
	if len(of) == 1 {
		delete(h, key)
		return
	}
	at, _ := slices.BinarySearch(of, replica)
	h[key] = slices.Delete(of, at, at+1)
}

// longest returns the replica that has most of a prompt in its cache, and how many
// tokens, out of those that suit: of equals the first, or -1 if none has any. It looks at
// the blocks of the prompt that any replica has, and at the few replicas that have the
// last of them.
func (h holders) longest(r workloads.Request, blockSize int, held func(replica int) int, suits func(replica int) bool) (replica, tokens int) {
	s := Sequence{Request: r, target: r.PromptTokens}
	names := s.names(blockSize)
	var of [][]int // who holds each block
	for range (s.target - 1) / blockSize {
		key, ok := names.next()
		if !ok || h[key] == nil {
			break
		}
		of = append(of, h[key])
	}
	for n := len(of); n > 0; n-- {
		for _, at := range of[n-1] {
			if suits(at) && held(at) == n*blockSize { // who lacks a block before holds less
				return at, n * blockSize
			}
		}
	}
	return -1, 0
}
