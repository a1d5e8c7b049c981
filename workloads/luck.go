package workloads

// Luck is random numbers of one purpose by the number of a request, in whatever
// order they are asked for: what befalls a request is the same wherever it is sent.
type Luck struct{ key uint64 }

// NewLuck returns the luck of one purpose in a run with the given seed.
func NewLuck(seed uint64, purpose string) Luck { return Luck{Stream(seed, purpose).Uint64()} }

// Of returns the number of a request, uniform from 0 up to but not including 1:
// the output of splitmix64 (Steele, Lea and Flood, 2014) after so many steps.
func (l Luck) Of(id int) float64 {
	x := l.key + (uint64(id)+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
