package metrics

import "math/bits"

// A Sum is an exact total of non-negative integers, in 128 bits: nanoseconds
// summed over the tokens of a long run do not fit 64.
type Sum struct{ hi, lo uint64 }

// Add adds v, which must not be negative, n times.
func (s *Sum) Add(v, n int64) {
	hi, lo := bits.Mul64(uint64(v), uint64(n))
	s.Merge(Sum{hi, lo})
}

// Merge adds another sum.
func (s *Sum) Merge(o Sum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi, _ = bits.Add64(s.hi, o.hi, carry)
}

// Float returns the nearest-but-one float64: the two halves are rounded once each.
func (s Sum) Float() float64 { return float64(s.hi)*(1<<64) + float64(s.lo) }

// unit is the whole of a share: shares are counted in 10⁻¹², so that their sums
// are integers and decimal values such as 0.9 are exact.
const unit = 1_000_000_000_000

// share returns part of whole in units, rounded down; part may not exceed whole.
func share(part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(part), unit)
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}
