package scheduler

// A host is the second tier of a prefix cache: copies of KV blocks in the memory of
// the host, the least recently used of which make room for others. It works as the
// manager of vLLM's offloading connector does.
type host struct {
	size  int
	ends  copied // next is the least recently used
	known map[blockKey]*copied
	keys  []blockKey // of the sequence at hand
}

// A copied block is known by its tokens.
type copied struct {
	key        blockKey
	prev, next *copied
}

// Offload gives the cache a second tier of blocks in the memory of the host. Prefixes
// must be kept, and nothing used yet.
func (c *Cache) Offload(blocks int) {
	if blocks > 0 {
		c.host = newHost(blocks)
	}
}

func newHost(size int) *host {
	h := &host{size: size, known: map[blockKey]*copied{}}
	h.ends.prev, h.ends.next = &h.ends, &h.ends
	return h
}

// holds reports whether a block is there.
func (h *host) holds(key blockKey) bool { return h.known[key] != nil }

// add copies a block, in place of the least recently used one if there is no room.
func (h *host) add(key blockKey) {
	if h.holds(key) {
		return
	}
	c := new(copied)
	if len(h.known) == h.size {
		c = h.ends.next
		delete(h.known, c.key)
		c.unlink()
	}
	c.key = key
	h.known[key] = c
	h.append(c)
}

// touch makes a block, if it is there, the one that was used last.
func (h *host) touch(key blockKey) {
	if c := h.known[key]; c != nil {
		c.unlink()
		h.append(c)
	}
}

func (h *host) append(c *copied) {
	c.prev, c.next = h.ends.prev, &h.ends
	c.prev.next, c.next.prev = c, c
}

func (c *copied) unlink() { c.prev.next, c.next.prev = c.next, c.prev }
