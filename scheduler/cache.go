package scheduler

import "metronome/workloads"

// A Cache is the KV cache of a replica, in blocks. The batches of all lanes of a
// pipeline share it.
type Cache struct {
	blocks, blockSize int
	used              int   // blocks that sequences hold
	batches           int   // that share it
	pool              *pool // the others, with what is in them; nil if prefixes are not cached
	host              *host // copies of blocks; nil if there is no second tier
}

// NewCache returns an empty cache of blocks of blockSize tokens, both positive.
func NewCache(blocks, blockSize int) *Cache { return &Cache{blocks: blocks, blockSize: blockSize} }

// KeepPrefixes turns prefix caching on. It must be called before the first use.
func (c *Cache) KeepPrefixes() { c.pool = newPool(c.blocks) }

// Blocks returns the number of KV blocks there are.
func (c *Cache) Blocks() int { return c.blocks }

// Share returns the blocks that a batch can count on, whatever the others take.
func (c *Cache) Share() int { return c.blocks / c.batches }

// Shared reports whether several batches share the cache.
func (c *Cache) Shared() bool { return c.batches > 1 }

// BlockSize returns the tokens of a KV block.
func (c *Cache) BlockSize() int { return c.blockSize }

// UsedBlocks returns the number of KV blocks in use.
func (c *Cache) UsedBlocks() int { return c.used }

// BlocksFor returns the number of blocks that hold the given tokens.
func (c *Cache) BlocksFor(tokens int) int { return (tokens + c.blockSize - 1) / c.blockSize }

// Holds returns how many tokens of a prompt the cache holds already. It costs
// O(blocks of the prompt) if prefixes are cached.
func (c *Cache) Holds(r workloads.Request) int {
	if c == nil || c.pool == nil {
		return 0
	}
	s := Sequence{Request: r, target: r.PromptTokens}
	names, blocks := s.names(c.blockSize), 0
	for range (s.target - 1) / c.blockSize {
		key, ok := names.next()
		if !ok || c.pool.cached[key] == nil {
			break
		}
		blocks++
	}
	return blocks * c.blockSize
}

// take takes n free blocks.
func (c *Cache) take(n int) {
	c.used += n
	if c.pool != nil {
		c.pool.take(n)
	}
}

// give gives back n blocks whose tokens nobody will ask for.
func (c *Cache) give(n int) {
	c.used -= n
	if c.pool != nil {
		c.pool.giveRun(n)
	}
}
