package metrics

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Metric is a mergeable value: what shards of a run have seen, joined in any
// grouping, gives the same rows to the last digit. It also implements
// IterationObserver, RequestObserver, TransferObserver or several of them.
type Metric interface {
	// Merge adds what another metric has seen, which must be of the same type and
	// made with the same options. It may change the other, which is of no use then.
	Merge(Metric)

	// Rows returns what the report says, in order.
	Rows() []Row
}

// An IterationObserver sees every iteration of every replica. Its method runs
// in the hot path: it must not allocate, nor keep what it is handed.
type IterationObserver interface {
	Iteration(*Iteration)
}

// A RequestObserver sees every request once the cluster is done with it. It
// must not keep what it is handed.
type RequestObserver interface {
	Finished(*Completion, *Score)
}

// A Warner is a metric whose rows may mislead unless a reader is warned.
type Warner interface {
	// Warnings returns one sentence each.
	Warnings() []string
}

// Options tell metrics what they cannot see.
type Options struct {
	SLO SLO

	// Tenants are announced clients with SLOs of their own, which their requests are
	// held to in place of SLO.
	Tenants []Tenant

	// Requests is the most that the run can have, counted from a trace or by
	// drawing the arrivals once; 0 if nobody can tell.
	Requests int

	Pools []Pool // of the cluster; none leaves energy, cost and rates per GPU unknown

	// Warmup is the time before which requests arrive that tables leave out. Counts
	// and throughput keep them. Of gaps between tokens, those that end before it
	// are left out.
	Warmup time.Duration

	// Recorded says that token times come from a file or an endpoint: nobody
	// reports iterations or admissions, and gaps are read from completions.
	Recorded bool

	// Service is what a prompt token and an output token weigh in the service that a
	// tenant gets; both 0 is 1 and 2, as in VTC.
	Service struct{ Prompt, Output int }

	// Offers are what pools with different models have to offer; nil if there is
	// nothing to choose from.
	Offers *Offers

	// Reference names the deployment that set the deadlines, and Prefill is its time
	// to first token by prompt tokens. Both may be missing.
	Reference string
	Prefill   func(tokens int) time.Duration
}

// An entry is a registered metric.
type entry struct {
	name, doc string
	make      func(Options) Metric
}

var registry []entry

// Register adds a metric to every Set. It panics if the name is taken.
func Register(name, doc string, make func(Options) Metric) {
	at, taken := slices.BinarySearchFunc(registry, name, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	})
	if taken {
		panic(fmt.Sprintf("metrics: %q registered twice", name))
	}
	registry = slices.Insert(registry, at, entry{name, doc, make})
}

// Names returns the names of the registered metrics, sorted.
func Names() (names []string) {
	for _, e := range registry {
		names = append(names, e.name)
	}
	return names
}

// Doc returns the line that describes a registered metric, "" if there is none.
func Doc(name string) string {
	for _, e := range registry {
		if e.name == name {
			return e.doc
		}
	}
	return ""
}
