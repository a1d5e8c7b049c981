package hardware

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DefaultCostModel is used where the experiment names none: measured kernels, or
// rules of thumb where there are none.
const DefaultCostModel = "kernels"

var costModels = map[string]func(Deployment) (CostModel, error){}

// RegisterCostModel makes a cost model known by name. It panics on a duplicate.
func RegisterCostModel(name string, build func(Deployment) (CostModel, error)) {
	if _, ok := costModels[name]; ok {
		panic(fmt.Sprintf("hardware: cost model %q is registered twice", name))
	}
	costModels[name] = build
}

// CostModels lists the registered cost models in order.
func CostModels() []string { return slices.Sorted(maps.Keys(costModels)) }

func lookupCostModel(name string) (func(Deployment) (CostModel, error), error) {
	build, ok := costModels[name]
	if !ok {
		return nil, fmt.Errorf("deployment.cost_model: unknown cost model %q (have %s)", name, strings.Join(CostModels(), ", "))
	}
	return build, nil
}
