package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"metronome/workloads"
)

// A Load is what a router may see of a replica.
type Load struct {
	Waiting, Running   int // sequences
	UsedBlocks, Blocks int // of the KV cache
}

// A Router picks the replica that serves a request. The loads are kept in place
// by the cluster, one per replica, and are read-only.
type Router interface {
	Route(r workloads.Request, loads []Load) int
}

// A RouterKind is a registered router.
type RouterKind struct {
	Name, Doc string
	New       func() Router
}

var routers = map[string]RouterKind{}

// RegisterRouter makes a router known by its name. It panics if the name is taken.
func RegisterRouter(k RouterKind) {
	if _, taken := routers[k.Name]; taken {
		panic(fmt.Sprintf("scheduler: router %q is registered twice", k.Name))
	}
	routers[k.Name] = k
}

// Routers returns the registered routers in order of name.
func Routers() []RouterKind {
	return slices.SortedFunc(maps.Values(routers), func(a, b RouterKind) int { return strings.Compare(a.Name, b.Name) })
}

// LookupRouter returns the router of the given name.
func LookupRouter(name string) (RouterKind, error) {
	k, ok := routers[name]
	if !ok {
		return k, fmt.Errorf("router.policy: unknown router %q (have %s)", name, strings.Join(slices.Sorted(maps.Keys(routers)), ", "))
	}
	return k, nil
}
