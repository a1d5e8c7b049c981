package workloads

import (
	"fmt"
	"math"
	"time"
)

// A Tenant is one of several clients that share a cluster.
type Tenant struct {
	Name     string        // that its requests bear, whatever a trace says
	Start    time.Duration // when the time of its workload begins
	Workload *Workload     // opened with a TenantSeed
}

// A Supply yields the same requests each time it is drawn from: a Workload, or
// those of several Tenants.
type Supply interface {
	// Source returns the requests from the first on.
	Source() (Source, error)
	// Closed reports whether arrivals depend on completions: the sources are
	// Conversations.
	Closed() bool
}

// Tenants are a reproducible supply of the requests of several tenants: each
// Source drawn from it yields the same ones. It may be used by several goroutines.
type Tenants []Tenant

// TenantSeed returns the seed of the workload of a tenant in a run with the given
// seed. It depends on nothing else, so that another tenant more or less leaves the
// requests of the others alone.
func TenantSeed(seed uint64, name string) uint64 { return Stream(seed, "tenant "+name).Uint64() }

// ShareRequests bounds the open loops of tenants that have no bound yet: together
// to total requests, in proportion to their rates, so that all last alike.
func ShareRequests(specs []*Spec, total int) {
	sum := 0.0
	for _, s := range specs {
		sum += s.unboundedRate()
	}
	for _, s := range specs {
		if rate := s.unboundedRate(); rate > 0 {
			n := max(1, int(math.Round(float64(total)*rate/sum)))
			s.Requests = &n
		}
	}
}

// unboundedRate returns the rate of an open loop that would never end, else 0.
func (s *Spec) unboundedRate() float64 {
	if s.Requests != nil || s.Duration != nil || s.Trace != "" || s.Arrivals.Stages != nil || s.Arrivals.Process == processClosedLoop {
		return 0
	}
	return or(s.Arrivals.Rate, defaultRate)
}

// Closed reports whether the arrivals of any tenant depend on completions: the
// sources are Conversations.
func (t Tenants) Closed() bool {
	for _, tenant := range t {
		if tenant.Workload.Closed() {
			return true
		}
	}
	return false
}

// Survey tells what the tenants will ask for, together and each for itself.
func (t Tenants) Survey() (whole Survey, each []Survey, err error) {
	whole.Counted, whole.Tenants = true, map[string]int{}
	first, last := longestSpan, time.Duration(0)
	for _, tenant := range t {
		s, err := tenant.Workload.Survey()
		if err != nil {
			return whole, each, fmt.Errorf("tenant %q: %w", tenant.Name, err)
		}
		whole.join(s)
		whole.Tenants[tenant.Name] = s.Requests
		first, last = min(first, tenant.Start), max(last, tenant.Start+s.Span)
		each = append(each, s)
	}
	whole.Span = last - first
	return whole, each, nil
}

// join counts in what another workload asks for at the same time.
func (s *Survey) join(o Survey) {
	s.Requests += o.Requests
	s.Counted = s.Counted && o.Counted
	s.PromptTokens += o.PromptTokens
	s.OutputTokens += o.OutputTokens
	s.LongestPrompt = max(s.LongestPrompt, o.LongestPrompt)
	s.LongestOutput = max(s.LongestOutput, o.LongestOutput)
	s.LongestTotal = max(s.LongestTotal, o.LongestTotal)
	s.Skipped += o.Skipped
	for class, n := range o.Classes {
		count(&s.Classes, class, n)
	}
}
