package metrics

import "time"

// A StandingObserver is a Recorder, or a metric, that is also told when replicas cannot serve, and
// when they can again. It must not keep what it is handed.
type StandingObserver interface {
	Standing(*Standing)
}

// A Standing is how a replica is from a time on. One of which nothing was told serves.
type Standing struct {
	Replica int
	At      time.Duration
	Down    string  // why it takes no requests, such as "crashed"; "" if it does
	Slow    float64 // factor of its iteration times; 1 as a rule
}
