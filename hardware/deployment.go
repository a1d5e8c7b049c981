package hardware

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// A Deployment is a model on the GPUs of one replica, and how it is spread over them.
type Deployment struct {
	GPU    GPU
	Model  Model
	Engine Engine

	Precision   Precision // of weights
	KVPrecision Precision // of the KV cache

	Tensor, Pipeline, Expert int     // degrees of parallelism inside a replica
	Imbalance                float64 // tokens of the busiest rank of experts over the mean
	Data                     int     // replicas that share their experts
	Replicas                 int     // all of them

	MemoryUtilization float64 // share of GPU memory that the engine may take
	MaxModelLen       int     // longest context of a sequence, tokens
	FixedBlocks       int     // KV blocks, or 0 to compute them
	OffloadGiB        float64 // memory of the host of a replica for copies of KV blocks
	HourlyPrice       float64 // dollars for a GPU, or 0 for the profile's
	CostModelName     string
}

// Open reads the profiles that a spec names and checks that they fit together.
func Open(fsys fs.FS, s Spec) (Deployment, error) {
	written := s.Precision
	s, err := s.Resolve()
	if err != nil {
		return Deployment{}, err
	}
	gpu, err := OpenGPU(fsys, s.GPU)
	if err != nil {
		return Deployment{}, err
	}
	model, err := OpenModel(fsys, s.Model)
	if err != nil {
		return Deployment{}, err
	}
	engine, err := OpenEngine(fsys, s.Engine)
	if err != nil {
		return Deployment{}, err
	}
	fill(&s.MaxModelLen, model.MaxContext)
	d := Deployment{
		GPU: gpu, Model: model, Engine: engine, Precision: cmp.Or(written, model.Precision, BF16), KVPrecision: s.KVPrecision,
		Tensor: *s.TensorParallel, Pipeline: *s.PipelineParallel, Expert: *s.ExpertParallel,
		Data: *s.DataParallel, Replicas: *s.Replicas * *s.DataParallel,
		MemoryUtilization: *s.MemoryUtilization, MaxModelLen: *s.MaxModelLen, FixedBlocks: *s.KVBlocks,
		CostModelName: s.CostModel, Imbalance: *s.ExpertImbalance,
	}
	d.OffloadGiB = *s.OffloadGiB
	if s.PricePerHour != nil {
		d.HourlyPrice = *s.PricePerHour
	}
	return d, d.validate()
}

// GPUs returns the number of GPUs of one replica.
func (d Deployment) GPUs() int { return d.Tensor * d.Pipeline }

// CostModel returns the cost model that the deployment names.
func (d Deployment) CostModel() (CostModel, error) {
	if d.Engine.Law != nil && d.CostModelName == "" {
		return *d.Engine.Law, nil
	}
	build, err := lookupCostModel(cmp.Or(d.CostModelName, DefaultCostModel))
	if err != nil {
		return nil, err
	}
	return build(d)
}

// Assumptions returns what a report should state about the deployment, a line each.
func (d *Deployment) Assumptions() []string {
	lines := []string{
		fmt.Sprintf("GPU: %s (%s)", d.GPU, d.GPU.Source),
		fmt.Sprintf("model: %s, %s weights, %s KV cache", d.Model, d.Precision, d.KVPrecision),
		"engine: " + d.Engine.describe(),
		"step times: " + d.stepTimes(),
	}
	if len(d.Model.Notes) > 0 {
		lines = append(lines, "left aside of the model: "+strings.Join(d.Model.Notes, ", "))
	}
	return lines
}

// stepTimes says what the predicted durations of iterations rest on.
func (d *Deployment) stepTimes() string {
	k := d.GPU.kernels()
	switch {
	case d.CostModelName == "roofline" || k == nil:
		return "unmeasured, shares of the datasheet peaks by rule of thumb"
	case !d.GPU.Measured():
		return fmt.Sprintf("unmeasured, efficiencies borrowed from %s (%s)", d.GPU.relative.Name, k.Engine)
	}
	return fmt.Sprintf("kernels measured with %s (%s)", k.Engine, k.Source)
}

func (d Deployment) validate() error {
	m := d.Model
	switch {
	case m.Heads%d.Tensor != 0:
		return fmt.Errorf("deployment.tensor_parallel: %d (must divide the %d heads of %s)", d.Tensor, m.Heads, m.Name)
	case m.KVHeads%d.Tensor != 0 && d.Tensor%m.KVHeads != 0:
		return fmt.Errorf("deployment.tensor_parallel: %d (must divide the %d KV heads of %s, or be a multiple of them)", d.Tensor, m.KVHeads, m.Name)
	case d.Pipeline > m.Layers:
		return fmt.Errorf("deployment.pipeline_parallel: %d (%s has %d layers)", d.Pipeline, m.Name, m.Layers)
	case d.Expert > 1 && m.MoE == nil:
		return fmt.Errorf("deployment.expert_parallel: %d (%s has no experts)", d.Expert, m.Name)
	case d.Tensor*d.Data%d.Expert != 0:
		return fmt.Errorf("deployment.expert_parallel: %d (must divide tensor_parallel × data_parallel, %d)", d.Expert, d.Tensor*d.Data)
	case d.OffloadGiB > 0 && d.Pipeline > 1:
		return fmt.Errorf("deployment.kv_offload_gib: %v (is not modelled with pipeline_parallel = %d)", d.OffloadGiB, d.Pipeline)
	case d.OffloadGiB > 0 && d.GPU.Link.HostGBps == 0:
		return fmt.Errorf("deployment.kv_offload_gib: %v (gpus/%s.toml lacks link.host_gbps)", d.OffloadGiB, d.GPU.Name)
	case d.MaxModelLen > m.MaxContext:
		return fmt.Errorf("deployment.max_model_len: %d (the context of %s is %d tokens)", d.MaxModelLen, m.Name, m.MaxContext)
	}
	return nil
}

// OffloadBlocks returns the blocks of blockSize tokens that the host of a replica can
// hold copies of.
func (d *Deployment) OffloadBlocks(blockSize int) int {
	return int(d.OffloadGiB * gib / (d.KVBytesPerToken() * float64(d.GPUs()*blockSize)))
}

// HostLink returns the bytes per second at which a GPU gets its share of a KV cache
// back from its host, and how long that takes to begin.
func (d *Deployment) HostLink() (bytesPerSecond float64, latency time.Duration) {
	return d.GPU.Link.HostGBps * 1e9 * bestLink, time.Duration(sendLatency * 1e9)
}

// KVLink returns the bytes per second at which a GPU sends its share of a KV cache
// over the network between nodes, and how long that takes to begin.
func (d *Deployment) KVLink() (bytesPerSecond float64, latency time.Duration) {
	return d.GPU.Link.InterNodeGBps * 1e9 * bestLink, time.Duration(sendLatency * 1e9)
}
