package metrics

// A Cause is why a request did not finish, as far as a cluster tells.
type Cause uint8

// The causes for which requests do not finish.
const (
	NoCause  Cause = iota // it did, or nobody can tell
	TooLong               // no replica that it was sent to can ever serve it
	Queue                 // too many were waiting
	Late                  // its first token would have missed its deadline
	Rate                  // more came than are let in
	TimedOut              // its client gave up waiting
	Crash                 // its replica crashed
)

// String returns the word that reports use; "" for NoCause.
func (c Cause) String() string {
	return [...]string{"", "too_long", "queue", "deadline", "rate", "timeout", "crash"}[c]
}
