package workloads

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the random numbers of one purpose ("arrivals", "prompt",
// "routing", …) in a run with the given seed. Streams of different purposes or
// seeds are independent, so drawing more for one purpose leaves the others alone.
//
// Seed and purpose are hashed together into the whole state: generators that
// share a part of it would stay correlated for ever.
func Stream(seed uint64, purpose string) *rand.Rand {
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), purpose...))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
}
