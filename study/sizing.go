package study

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"metronome/scheduler"
)

// A Sizing is what may be bought, and what for: the file of size.
type Sizing struct {
	Experiment *Experiment // its workload is the load
	Seeds      int         // a candidate holds if it does with as many seeds
	GPUs       []Offer
	Search     SearchSpace
	Limits     Limits
}

// An Offer is a GPU that may be bought.
type Offer struct {
	Name         string  `toml:"name"`
	PricePerHour float64 `toml:"price_per_hour"` // of one GPU; 0 is the profile's
	PowerW       float64 `toml:"power_w"`        // of one GPU at most; 0 is the profile's
	Available    int     `toml:"available"`      // GPUs; 0 is no bound
}

// A SearchSpace is the settings that are tried.
type SearchSpace struct {
	TensorParallel   []int    `toml:"tensor_parallel"`
	PipelineParallel []int    `toml:"pipeline_parallel"`
	Policies         []string `toml:"policies"`
	TokenBudgets     []int    `toml:"token_budgets"`
	Routers          []string `toml:"routers"`       // that of the experiment if there are none
	Disaggregated    []bool   `toml:"disaggregated"` // whether prompts and replies have replicas of their own
}

// Limits bound the whole cluster; 0 is no bound.
type Limits struct {
	PricePerHour float64 `toml:"price_per_hour"`
	PowerW       float64 `toml:"power_w"`
	GPUs         int     `toml:"gpus"`
}

// sizingTable is a file of size.
type sizingTable struct {
	Experiment string         `toml:"experiment"`
	Seeds      *int           `toml:"seeds"`
	Set        map[string]any `toml:"set"`
	GPU        []Offer        `toml:"gpu"`
	Search     SearchSpace    `toml:"search"`
	Limits     Limits         `toml:"limits"`
}

// OpenSizing reads a file of size. Settings of the form key=value apply to every run.
func OpenSizing(file string, settings ...string) (*Sizing, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, readable(err)
	}
	return ParseSizing(file, string(text), settings...)
}

// ParseSizing reads the text of a file of size.
func ParseSizing(file, text string, settings ...string) (*Sizing, error) {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		return nil, syntax(file, err)
	}
	t := sizingTable{Search: SearchSpace{
		TensorParallel: []int{1, 2, 4, 8}, PipelineParallel: []int{1, 2},
		Policies: []string{"vllm", "sarathi"}, TokenBudgets: []int{512, 2048},
		Routers: []string{""}, Disaggregated: []bool{false},
	}}
	d := Draft{file: file, text: text}
	set, _ := tree["set"].(map[string]any)
	if delete(tree, "set"); set != nil {
		t.Set = set
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if _, ok := find(fields(reflect.TypeFor[sizingTable]()), key); !ok {
			return nil, d.locate(about(key, misplaced(key, reflect.TypeFor[sizingTable](), "under [set]")))
		}
	}
	if err := decodeTable("", listed(tree), reflect.ValueOf(&t).Elem()); err != nil {
		return nil, d.locate(err)
	}
	s := &Sizing{Seeds: 3, GPUs: t.GPU, Search: t.Search, Limits: t.Limits}
	if t.Seeds != nil {
		s.Seeds = *t.Seeds
	}
	if err := s.validate(); err != nil {
		return nil, d.locate(err)
	}
	base := &Study{file: file, text: text, set: map[string]any{}, settings: settings}
	keyed(t.Set, base.set)
	return s, s.open(base, t.Experiment)
}

// listed makes the tables of a list what decode takes.
func listed(tree map[string]any) map[string]any {
	if tables, ok := tree["gpu"].([]map[string]any); ok {
		var list []any
		for _, t := range tables {
			list = append(list, t)
		}
		tree["gpu"] = list
	}
	return tree
}

// open reads the experiment.
func (s *Sizing) open(base *Study, experiment string) (err error) {
	if err := base.readBase(studyTable{Experiment: experiment}, toml.MetaData{}); err != nil {
		return err
	}
	for key := range base.set {
		if _, err := typeOf(key); err != nil {
			return base.at("set."+key, err)
		}
		if slices.Contains(sized, key) {
			return base.at("set."+key, fmt.Errorf("%s: is what is sought (must be left out)", key))
		}
	}
	if s.Experiment, err = base.with(nil, nil); err != nil {
		return err
	}
	switch {
	case len(s.Experiment.Pools) > 0:
		err = about("pool", errors.New("pool: is what is sought (must be left out; search.disaggregated = [true] tries prefill and decode pools)"))
	case s.Experiment.Deployment.Scaling != nil:
		err = about("deployment.scaling", errors.New("deployment.scaling: changes the number that is sought (must be left out)"))
	}
	return s.Experiment.draft.locate(err)
}

// sized are the keys that a search sets.
var sized = []string{
	"deployment.gpu", "deployment.tensor_parallel", "deployment.pipeline_parallel", "deployment.replicas",
	"deployment.price_per_hour", "scheduler.policy", "scheduler.token_budget",
}

// untabled takes the key that it is about off an error.
func untabled(err error) error {
	_, text, _ := strings.Cut(err.Error(), ": ")
	return errors.New(text)
}

func (s *Sizing) validate() error {
	if len(s.GPUs) == 0 {
		return errors.New("gpu: none (must have a [[gpu]] with its name for each that may be bought)")
	}
	for i, g := range s.GPUs {
		if g.Name == "" || g.PricePerHour < 0 || g.PowerW < 0 || g.Available < 0 {
			return about("gpu", fmt.Errorf("gpu.%d: %q at %v per hour and %v W, %d available (must have a name, and no figure below 0)", i, g.Name, g.PricePerHour, g.PowerW, g.Available))
		}
	}
	x := s.Search
	if len(x.TensorParallel) == 0 || len(x.PipelineParallel) == 0 || len(x.Policies) == 0 || len(x.TokenBudgets) == 0 ||
		len(x.Routers) == 0 || len(x.Disaggregated) == 0 {
		return errors.New("search: an empty list (each must have a value, or be left out)")
	}
	for _, router := range x.Routers {
		k, err := scheduler.LookupRouter(cmp.Or(router, scheduler.DefaultRouter))
		if err != nil {
			return at("search.routers", untabled(err))
		}
		if _, learns := k.New(scheduler.RouterSpec{}, nil).(scheduler.Learner); learns {
			return at("search.routers", fmt.Errorf("%q (must not choose between models, of which there is one)", router))
		}
	}
	for _, policy := range x.Policies {
		if _, err := scheduler.Lookup(policy); err != nil {
			return at("search.policies", untabled(err))
		}
	}
	if len(x.variants()) == 0 {
		return at("search.disaggregated", fmt.Errorf("%v (must be false for %s, which serve no decode pool)", x.Disaggregated, strings.Join(x.Policies, ", ")))
	}
	for _, n := range slices.Concat(x.TensorParallel, x.PipelineParallel, x.TokenBudgets) {
		if n < 1 {
			return about("search", fmt.Errorf("search: %d (must be 1 or more)", n))
		}
	}
	if l := s.Limits; l.PricePerHour < 0 || l.PowerW < 0 || l.GPUs < 0 {
		return about("limits", fmt.Errorf("limits: %+v (must not be below 0)", l))
	}
	if s.Seeds < 1 {
		return about("seeds", fmt.Errorf("seeds: %d (must be at least 1)", s.Seeds))
	}
	return nil
}
