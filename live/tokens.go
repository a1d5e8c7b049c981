package live

// The rules by which tokens are told from chunks.
const (
	ruleEach   = "each"      // a chunk is a token
	ruleUsage  = "usage"     // the server counts in every event
	ruleSpread = "spread"    // more tokens than chunks: the surplus spread over chunks by their bytes
	ruleJoin   = "join"      // fewer tokens than chunks: each at the first of its chunks
	ruleNone   = "uncounted" // a chunk is taken for a token, as the server counts none
	ruleAbsurd = "absurd"    // a chunk is taken for a token, as the server counts more than was asked for
)

// tokens says how many tokens each chunk of a reply is, and by which rule. Asked is
// the most tokens that were asked for. The tokens of a chunk come all at once.
func (r *reply) tokens(asked int) (rule string) {
	n, chunks := 0, len(r.chunks)
	if r.usage != nil {
		n = r.usage.CompletionTokens
	}
	for i := range r.chunks {
		r.chunks[i].Tokens = 1
	}
	switch {
	case n <= 0 || chunks == 0:
		return ruleNone
	case n == chunks:
		return ruleEach
	case n > max(asked, chunks):
		return ruleAbsurd
	case n < chunks:
		for i := range r.chunks {
			r.chunks[i].Tokens = ceilDiv((i+1)*n, chunks) - ceilDiv(i*n, chunks)
		}
		return ruleJoin
	case r.countUp(n):
		return ruleUsage
	}
	r.spread(n - chunks)
	return ruleSpread
}

// countUp takes the tokens of chunks from the counts of the events, if these rise
// to n. Tokens without text at the end belong to the last chunk.
func (r *reply) countUp(n int) bool {
	last := 0
	for _, c := range r.counted {
		if c <= last || c > n {
			return false
		}
		last = c
	}
	last = 0
	for i, c := range r.counted {
		r.chunks[i].Tokens = c - last
		last = c
	}
	r.chunks[len(r.chunks)-1].Tokens += n - last
	return true
}

// spread adds tokens to chunks in proportion to their bytes.
func (r *reply) spread(surplus int) {
	all, before := 0, 0
	for _, c := range r.chunks {
		all += c.Bytes
	}
	for i := range r.chunks {
		upTo := before + r.chunks[i].Bytes
		r.chunks[i].Tokens += upTo*surplus/all - before*surplus/all
		before = upTo
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
