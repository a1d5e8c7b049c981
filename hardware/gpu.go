package hardware

import (
	"cmp"
	"fmt"
	"io/fs"
)

// A GPU is the profile of an accelerator.
type GPU struct {
	Name   string `toml:"-"`
	Title  string `toml:"title"`
	Source string `toml:"source"`

	MemoryGiB     float64 `toml:"memory_gib"`     // as the driver reports it
	BandwidthGBps float64 `toml:"bandwidth_gbps"` // of its memory, 1e9 bytes per second
	SMs           int     `toml:"sms"`            // streaming multiprocessors, or what stands for them
	L2MiB         float64 `toml:"l2_mib"`         // last-level cache
	Throttle      float64 `toml:"throttle"`       // time that arithmetic takes longer under load, per time at peak

	// Mixed is by how much longer the attention of decodes takes in one kernel with that
	// of prefills, for every further head of queries that shares a KV head: kernels that
	// are not of Hopper then read the cache once per head of queries, of which the L2
	// cache answers a part.
	Mixed float64 `toml:"mixed_attention"`

	TFLOPS map[Precision]float64 `toml:"tflops"` // dense peak by precision, 1e12 per second
	Link   Link                  `toml:"link"`

	Power Power `toml:"power"`
	Price Price `toml:"price"`

	// Kernels are measured on this GPU. Without them it borrows the efficiencies of
	// the GPU that Relative names.
	Kernels  *Kernels `toml:"kernels"`
	Relative string   `toml:"relative"`
	relative *GPU
}

// A Link is how GPUs reach each other, in 1e9 bytes per second, GPU and direction.
type Link struct {
	GPUsPerNode   int     `toml:"gpus_per_node"`
	IntraNodeGBps float64 `toml:"intra_node_gbps"`
	InterNodeGBps float64 `toml:"inter_node_gbps"`
	HostGBps      float64 `toml:"host_gbps"` // to the memory of its host; 0 if nobody noted it
}

// OpenGPU reads gpus/<name>.toml and, if nothing was measured on it, its relative.
func OpenGPU(fsys fs.FS, name string) (GPU, error) {
	g, err := readGPU(fsys, "deployment.gpu", name)
	if err != nil || g.Measured() || g.Relative == "" {
		return g, err
	}
	key := "gpus/" + name + ".toml: relative"
	relative, err := readGPU(fsys, key, g.Relative)
	if err != nil {
		return GPU{}, err
	}
	if !relative.Measured() {
		return GPU{}, fmt.Errorf("%s: %s has no kernels to borrow (must name a GPU that was measured)", key, g.Relative)
	}
	g.relative = &relative
	return g, nil
}

func readGPU(fsys fs.FS, key, name string) (GPU, error) {
	g := GPU{Name: name}
	if err := readProfile(fsys, key, "gpus", name, &g); err != nil {
		return GPU{}, err
	}
	return g, g.validate()
}

// Measured reports whether kernels were measured on this very GPU.
func (g *GPU) Measured() bool { return g.Kernels.Measured() }

// kernels returns the measured kernels of the GPU or of its relative, or nil.
func (g *GPU) kernels() *Kernels {
	if !g.Kernels.Measured() && g.relative != nil {
		return g.relative.kernels()
	}
	return g.Kernels
}

// gemmTable returns the table of products in a precision, or else in the one that
// is nearest to it, or nil.
func (g *GPU) gemmTable(p Precision) *Table {
	if k := g.kernels(); k != nil {
		return cmp.Or(k.GEMM[p], k.GEMM[BF16])
	}
	return nil
}

// moeTables is gemmTable for experts: of fp8, those with a scale per matrix and those
// with one per block, of which engines take what is faster.
func (g *GPU) moeTables(p Precision) (all []*Table) {
	k := g.kernels()
	if k == nil {
		return nil
	}
	if p == FP8 && k.MoE[FP8Block] != nil {
		all = append(all, k.MoE[FP8Block])
	}
	if table := k.MoE[p]; table != nil {
		all = append(all, table)
	}
	if table := k.MoE[BF16]; table != nil && len(all) == 0 {
		all = append(all, table)
	}
	return all
}

// mixed returns how much longer the attention of decodes takes beside prefills.
func (d *Deployment) mixed() float64 {
	sharing := float64(ceilDiv(d.Model.Heads, d.Tensor)) / float64(d.Model.kvHeads(d.Tensor))
	if d.Model.MLA != nil || !d.Engine.SharedAttention {
		sharing = 1
	}
	return 1 + d.GPU.Mixed*max(0, sharing-1)
}

// compute returns the precision in which the GPU forms products with weights:
// bf16, or else fp16, where it has no units for theirs.
func (g *GPU) compute(weights Precision) Precision {
	for _, p := range []Precision{weights.Compute(), BF16} {
		if g.TFLOPS[p] > 0 {
			return p
		}
	}
	return FP16
}

// Peak returns the peak in FLOP per second of products with weights of a precision.
func (g *GPU) Peak(weights Precision) float64 { return g.TFLOPS[g.compute(weights)] * 1e12 }

// Bandwidth returns the peak of its memory in bytes per second.
func (g *GPU) Bandwidth() float64 { return g.BandwidthGBps * 1e9 }

// String describes the GPU in a line.
func (g GPU) String() string {
	kernels := "unmeasured, efficiencies of " + g.Relative
	switch {
	case g.Measured():
		kernels = "measured with " + g.Kernels.Engine
	case g.Relative == "":
		kernels = "unmeasured"
	}
	return fmt.Sprintf("%s: %.0f GiB, %.0f GB/s, %.0f TFLOP/s, %s", g.Title, g.MemoryGiB, g.BandwidthGBps, g.Peak(BF16)/1e12, kernels)
}

func (g GPU) validate() error {
	file := "gpus/" + g.Name + ".toml"
	if !positive(g.MemoryGiB, g.BandwidthGBps, g.Peak(BF16), g.Link.IntraNodeGBps, g.Link.InterNodeGBps, float64(g.Link.GPUsPerNode)) {
		return fmt.Errorf("%s: memory_gib, bandwidth_gbps, tflops.bf16 or .fp16 and the figures of [link] must be above 0 (have %v, %v, %v, %+v)",
			file, g.MemoryGiB, g.BandwidthGBps, g.TFLOPS, g.Link)
	}
	if err := cmp.Or(g.Power.validate(file), g.Price.validate(file)); err != nil {
		return err
	}
	if !notNegative(g.L2MiB, g.Throttle, g.Mixed, float64(g.SMs), g.Link.HostGBps) {
		return fmt.Errorf("%s: sms, l2_mib, throttle, mixed_attention and link.host_gbps must not be negative (have %v, %v, %v, %v, %v)", file, g.SMs, g.L2MiB, g.Throttle, g.Mixed, g.Link.HostGBps)
	}
	if g.Kernels != nil {
		if err := g.Kernels.validate(file); err != nil {
			return err
		}
	}
	for p, peak := range g.TFLOPS {
		if err := p.validate(file+": tflops", false); err != nil {
			return err
		}
		if !positive(peak) {
			return fmt.Errorf("%s: tflops.%s: %v (must be above 0)", file, p, peak)
		}
	}
	return nil
}
