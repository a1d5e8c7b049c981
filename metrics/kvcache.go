package metrics

func init() {
	Register("kv-cache", "share of the KV cache that is in use, while iterations run", func(Options) Metric { return new(kvCache) })
}

// kvCache weighs the use of the KV cache by the time of iterations.
type kvCache struct {
	used, total Sum // block-nanoseconds

	peakUsed, peakTotal int64 // blocks of the fullest replica
}

// Iteration implements IterationObserver.
func (m *kvCache) Iteration(it *Iteration) {
	d := int64(it.End - it.Start)
	used, total := int64(it.UsedBlocks), int64(it.TotalBlocks)
	m.used.Add(used, d)
	m.total.Add(total, d)
	m.peak(used, total)
}

// peak keeps the greater share: a/b exceeds c/d if a·d exceeds c·b.
func (m *kvCache) peak(used, total int64) {
	if used*m.peakTotal >= m.peakUsed*total && total > 0 {
		m.peakUsed, m.peakTotal = used, total
	}
}

// Merge implements Metric.
func (m *kvCache) Merge(o Metric) {
	k := o.(*kvCache)
	m.used.Merge(k.used)
	m.total.Merge(k.total)
	m.peak(k.peakUsed, k.peakTotal)
}

// Rows implements Metric.
func (m *kvCache) Rows() []Row {
	var mean, peak any
	if total := m.total.Float(); total > 0 {
		mean = m.used.Float() / total
		peak = float64(m.peakUsed) / float64(m.peakTotal)
	}
	return []Row{
		{"kv_cache", "mean_share", "", mean},
		{"kv_cache", "peak_share", "", peak},
	}
}
