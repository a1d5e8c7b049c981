package metrics

import "time"

// A TransferObserver is a Recorder or a Metric that is also shown the KV caches that
// are copied between replicas, or from the host of one. It must not keep what it is handed.
type TransferObserver interface {
	Transfer(*Transfer)
}

// A Transfer is a KV cache on its way from a prefill to a decode replica, or KV blocks
// on their way from the memory of the host of a replica, which is then both ends.
type Transfer struct {
	Request  int // its number
	From, To int // replicas
	Tokens   int // that are copied

	Ready      time.Duration // when the first token was out, or the blocks were asked for
	Start, End time.Duration
}

func init() {
	Register("handover", "KV caches copied from prefill to decode replicas: how long they waited, and took", func(Options) Metric {
		return &handover{group: "handover"}
	})
	Register("offload", "KV blocks fetched from the memory of the host: how long they waited, and took", func(Options) Metric {
		return &handover{group: "offload", local: true}
	})
}

// handover adds up transfers, between replicas or to one from its host.
type handover struct {
	group        string
	local        bool
	n, tokens    int64
	waited, took Sum // ns
	longest      time.Duration
}

// Transfer implements TransferObserver.
func (m *handover) Transfer(t *Transfer) {
	if m.local != (t.From == t.To) {
		return
	}
	m.n++
	m.tokens += int64(t.Tokens)
	m.waited.Add(int64(t.Start-t.Ready), 1)
	m.took.Add(int64(t.End-t.Start), 1)
	m.longest = max(m.longest, t.End-t.Ready)
}

// Merge implements Metric.
func (m *handover) Merge(o Metric) {
	h := o.(*handover)
	m.n += h.n
	m.tokens += h.tokens
	m.waited.Merge(h.waited)
	m.took.Merge(h.took)
	m.longest = max(m.longest, h.longest)
}

// Rows implements Metric.
func (m *handover) Rows() []Row {
	if m.n == 0 {
		return nil
	}
	n := float64(m.n)
	return []Row{
		{m.group, "transfers", "", m.n},
		{m.group, "tokens", "", m.tokens},
		{m.group, "wait_ms", "mean", m.waited.Float() / 1e6 / n},
		{m.group, "transfer_ms", "mean", m.took.Float() / 1e6 / n},
		{m.group, "whole_ms", "max", ms(m.longest)},
	}
}
