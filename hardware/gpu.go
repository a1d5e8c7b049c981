package hardware

import (
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

	TFLOPS map[Precision]float64 `toml:"tflops"` // dense peak by precision, 1e12 per second
	Link   Link                  `toml:"link"`
}

// A Link is how GPUs reach each other, in 1e9 bytes per second, GPU and direction.
type Link struct {
	GPUsPerNode   int     `toml:"gpus_per_node"`
	IntraNodeGBps float64 `toml:"intra_node_gbps"`
	InterNodeGBps float64 `toml:"inter_node_gbps"`
}

// OpenGPU reads gpus/<name>.toml.
func OpenGPU(fsys fs.FS, name string) (GPU, error) {
	g := GPU{Name: name}
	if err := readProfile(fsys, "deployment.gpu", "gpus", name, &g); err != nil {
		return GPU{}, err
	}
	return g, g.validate()
}

// Peak returns the peak in FLOP per second of products in a precision, or 0 if
// the GPU has no units for it.
func (g GPU) Peak(p Precision) float64 { return g.TFLOPS[p.Compute()] * 1e12 }

// Bandwidth returns the peak of its memory in bytes per second.
func (g GPU) Bandwidth() float64 { return g.BandwidthGBps * 1e9 }

// String describes the GPU in a line.
func (g GPU) String() string {
	return fmt.Sprintf("%s: %.0f GiB, %.0f GB/s, %.0f TFLOP/s bf16", g.Title, g.MemoryGiB, g.BandwidthGBps, g.TFLOPS[BF16])
}

func (g GPU) validate() error {
	file := "gpus/" + g.Name + ".toml"
	if !positive(g.MemoryGiB, g.BandwidthGBps, g.TFLOPS[BF16], g.Link.IntraNodeGBps, g.Link.InterNodeGBps, float64(g.Link.GPUsPerNode)) {
		return fmt.Errorf("%s: memory_gib, bandwidth_gbps, tflops.bf16 and the figures of [link] must be above 0 (have %v, %v, %v, %+v)",
			file, g.MemoryGiB, g.BandwidthGBps, g.TFLOPS[BF16], g.Link)
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
