package scheduler

// A pool is the free blocks of a KV cache with prefix caching: blocks that are
// given back keep their tokens until somebody else needs them, the least
// recently used first. A later sequence that begins with the same tokens takes
// them over. It works as the block pool of vLLM V1 does.
type pool struct {
	size   int
	ends   block // of the free list: next is the least recently used
	cached map[blockKey]*block
	spare  []*block

	told    holders // of all that is cached here; nil if nobody wants to know
	replica int     // as they number it
}

// A block is a KV block whose tokens are named, or a run of free blocks whose
// tokens nobody will ask for.
type block struct {
	key        blockKey
	count      int    // of blocks in a run; 0 for a named block
	refs       int    // sequences that hold it
	twin       *block // another one with the same tokens
	prev, next *block // in the free list, if nobody holds it
}

// A blockKey names the tokens of a whole block and, by its stream, all before.
type blockKey struct {
	stream uint64
	index  int // of the block in its sequence
}

func newPool(size int) *pool {
	p := &pool{size: size, cached: map[blockKey]*block{}}
	p.ends.prev, p.ends.next = &p.ends, &p.ends
	p.giveRun(size)
	return p
}

// tell lets the holders of blocks know what is cached here, from now on.
func (p *pool) tell(h holders, replica int) {
	p.told, p.replica = h, replica
	for key := range p.cached {
		h.add(key, replica)
	}
}

// renewed returns an empty pool in place of p.
func (p *pool) renewed() *pool {
	n := newPool(p.size)
	n.told, n.replica = p.told, p.replica
	if p.told != nil {
		for key := range p.cached {
			p.told.remove(key, p.replica)
		}
	}
	return n
}

// take removes n blocks from the free list, which must have them, and forgets
// their tokens.
func (p *pool) take(n int) {
	for n > 0 {
		b := p.ends.next
		if b.count > n {
			b.count -= n
			return
		}
		n -= max(b.count, 1)
		b.unlink()
		if b.count == 0 {
			p.forget(b)
		}
		p.spare = append(p.spare, b)
	}
}

// giveRun appends n blocks whose tokens nobody will ask for.
func (p *pool) giveRun(n int) {
	if n == 0 {
		return
	}
	if last := p.ends.prev; last.count > 0 {
		last.count += n
		return
	}
	b := p.block()
	b.count = n
	p.append(b)
}

// name makes a block that one sequence holds known by its tokens.
func (p *pool) name(key blockKey) *block {
	b := p.block()
	b.key, b.refs = key, 1
	first := p.cached[key]
	if first == nil {
		p.cached[key] = b
		if p.told != nil {
			p.told.add(key, p.replica)
		}
		return b
	}
	for first.twin != nil {
		first = first.twin
	}
	first.twin = b
	return b
}

// hold takes a named block for one more sequence. It reports whether the block
// was free.
func (p *pool) hold(b *block) (wasFree bool) {
	wasFree = b.refs == 0
	if wasFree {
		b.unlink()
	}
	b.refs++
	return wasFree
}

// drop gives a named block back for one sequence. It reports whether the block
// is free now.
func (p *pool) drop(b *block) (free bool) {
	b.refs--
	if b.refs == 0 {
		p.append(b)
	}
	return b.refs == 0
}

// forget makes the tokens of a block unknown.
func (p *pool) forget(b *block) {
	at := p.cached[b.key]
	if at != b {
		for at.twin != b {
			at = at.twin
		}
		at.twin = b.twin
		return
	}
	if b.twin == nil {
		delete(p.cached, b.key)
		if p.told != nil {
			p.told.remove(b.key, p.replica)
		}
		return
	}
	p.cached[b.key] = b.twin
}

func (p *pool) append(b *block) {
	b.prev, b.next = p.ends.prev, &p.ends
	b.prev.next, b.next.prev = b, b
}

func (b *block) unlink() {
	b.prev.next, b.next.prev = b.next, b.prev
	b.prev, b.next = nil, nil
}

func (p *pool) block() *block {
	n := len(p.spare)
	if n == 0 {
		return new(block)
	}
	b := p.spare[n-1]
	p.spare = p.spare[:n-1]
	*b = block{}
	return b
}
