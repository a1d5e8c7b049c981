package fit

import (
	"io/fs"
	"math"
	"slices"

	"metronome/hardware"
)

// fitCollectives adds the collectives to k: all-reduces are the faster of the
// engine's own kernel and NCCL at each size, all-to-alls are NCCL's.
func fitCollectives(fsys fs.FS, g *hardware.GPU, k *hardware.Kernels) error {
	custom, err := readFrame(fsys, g.Name, "custom_allreduce", "num_gpus", "bytes", "latency_ms")
	if err != nil {
		return err
	}
	nccl, err := readFrame(fsys, g.Name, "nccl", "op_name", "nccl_dtype", "num_gpus", "bytes", "latency_ms")
	if err != nil {
		return err
	}
	reduce, exchange := times{}, times{}
	if err := reduce.add(custom, func(int) bool { return true }); err != nil {
		return err
	}
	if err := reduce.add(nccl, func(i int) bool { return nccl.text(i, "op_name") == "all_reduce" }); err != nil {
		return err
	}
	if err := exchange.add(nccl, func(i int) bool { return nccl.text(i, "op_name") == "alltoall" }); err != nil {
		return err
	}
	k.AllReduce, k.AllToAll = reduce.collectives(), exchange.collectives()
	return nil
}

// times holds the least seconds by ranks and bytes.
type times map[[2]int]float64

func (t times) add(f *frame, use func(row int) bool) error {
	if f == nil {
		return nil
	}
	for i := range f.rows {
		if !use(i) {
			continue
		}
		size, err := f.whole(i, "num_gpus", "bytes")
		if err != nil {
			return err
		}
		s, err := f.seconds(i)
		if err != nil {
			return err
		}
		key := [2]int{size[0], size[1]}
		if old, ok := t[key]; ok {
			s = min(s, old)
		}
		t[key] = s
	}
	return nil
}

// collectives lists the times by ranks, non-decreasing in bytes.
func (t times) collectives() []hardware.Collective {
	var keys [][]int
	for k := range t {
		keys = append(keys, []int{k[0], k[1]})
	}
	slices.SortFunc(keys, slices.Compare)
	var all []hardware.Collective
	for _, k := range keys {
		if len(all) == 0 || all[len(all)-1].Ranks != k[0] {
			all = append(all, hardware.Collective{Ranks: k[0]})
		}
		c := &all[len(all)-1]
		us := math.Round(t[[2]int{k[0], k[1]}]*1e8) / 100
		if n := len(c.Micros); n > 0 {
			us = max(us, c.Micros[n-1])
		}
		c.Bytes, c.Micros = append(c.Bytes, float64(k[1])), append(c.Micros, us)
	}
	return all
}
