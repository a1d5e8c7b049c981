package sim

import "time"

// A port is where a replica sends and receives KV caches. It is shared by the lanes.
type port struct {
	Link
	sends, receives time.Duration // until then it is busy
}

// transfer sends tokens from a port to another, once both are free, at the pace of
// the slower, and returns when it begins and when the last byte is there.
func transfer(from, to *port, tokens int, now time.Duration) (start, end time.Duration) {
	start = max(now, from.sends, to.receives)
	end = start + max(from.Latency, to.Latency) + max(from.duration(tokens), to.duration(tokens))
	from.sends, to.receives = end, end
	return start, end
}

// duration returns how long tokens take to pass the link.
func (l Link) duration(tokens int) time.Duration {
	if l.BytesPerSecond == 0 {
		return 0
	}
	return time.Duration(float64(tokens) * l.BytesPerToken / l.BytesPerSecond * 1e9)
}
