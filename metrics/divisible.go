package metrics

// A Divisible recorder can be shown a run in parts, each by an engine of its own and
// in any order. What it has to say in the end is the same.
type Divisible interface {
	Recorder

	// Part returns a recorder for one more engine.
	Part() Recorder

	// Join adds what a part has seen, once its engine is done.
	Join(part Recorder)
}
