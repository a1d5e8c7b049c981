package fit

import (
	"io/fs"

	"metronome/hardware"
)

// A family is a kind of kernel and how its tables are fitted.
type family struct {
	floor      float64 // seconds of a kernel that does nothing
	rank       int
	detail     int // rank of the table, if it is to follow each kernel; or 0
	points     []point
	file       string
	rowK, colK int
}

var precisions = map[string]hardware.Precision{
	"bfloat16": hardware.BF16, "float16": hardware.FP16, "fp8": hardware.FP8, "fp8_block": hardware.FP8Block, "int8": hardware.INT8,
}

// readGEMM reads gemm.csv: dtype, n, k, m, latency_ms.
func readGEMM(fsys fs.FS, g *hardware.GPU) (map[hardware.Precision]*family, error) {
	f, err := readFrame(fsys, g.Name, "gemm", "dtype", "n", "k", "m", "latency_ms")
	if f == nil || err != nil {
		return nil, err
	}
	families := map[hardware.Precision]*family{}
	for i := range f.rows {
		size, err := f.whole(i, "n", "k", "m")
		if err != nil {
			return nil, err
		}
		p, ok := precisions[f.text(i, "dtype")]
		if !ok {
			return nil, unknownType(f, i, "dtype")
		}
		if families[p] == nil {
			families[p] = &family{floor: 2e-6, rank: 7, file: f.file}
		}
		n, k, m := size[0], size[1], size[2]
		err = families[p].add(f, i, []int{n, k}, []int{m}, g.GEMMBound(m, n, k, p))
		if err != nil {
			return nil, err
		}
	}
	return families, nil
}

// readAttention reads context_attention.csv or generation_attention.csv:
// kv_cache_dtype, head_dim, nq, nkv, batch_size, isl or kv_len, latency_ms.
func readAttention(fsys fs.FS, g *hardware.GPU, name, length string, bound func(batch, length, heads, kvHeads, headDim int, cache hardware.Precision) hardware.Cost) (*family, error) {
	f, err := readFrame(fsys, g.Name, name, attentionColumns(length)...)
	if f == nil || err != nil {
		return nil, err
	}
	return attention(f, length, bound)
}

func attentionColumns(length string) []string {
	return []string{"kv_cache_dtype", "head_dim", "nq", "nkv", "batch_size", length, "latency_ms"}
}

// attention returns the points of a table of attention kernels.
func attention(f *frame, length string, bound func(batch, length, heads, kvHeads, headDim int, cache hardware.Precision) hardware.Cost) (*family, error) {
	family := &family{floor: 3e-6, rank: 8, file: f.file}
	for i := range f.rows {
		size, err := f.whole(i, "head_dim", "nq", "nkv", "batch_size", length)
		if err != nil {
			return nil, err
		}
		cache, ok := precisions[f.text(i, "kv_cache_dtype")]
		if !ok {
			return nil, unknownType(f, i, "kv_cache_dtype")
		}
		dim, heads, kvHeads, batch, n := size[0], size[1], size[2], size[3], size[4]
		kernel := []int{dim, int(8 * cache.Bytes()), heads, kvHeads}
		err = family.add(f, i, kernel, []int{batch, n}, bound(batch, n, heads, kvHeads, dim, cache))
		if err != nil {
			return nil, err
		}
	}
	return family, nil
}

// routing is how unevenly tokens choose experts in the rows that are used.
const routing = "balanced"

// readMoE reads moe.csv: moe_dtype, hidden_size, inter_size, topk, num_experts,
// moe_tp_size, moe_ep_size, distribution, num_tokens, latency_ms.
func readMoE(fsys fs.FS, g *hardware.GPU) (map[hardware.Precision]*family, error) {
	f, err := readFrame(fsys, g.Name, "moe", "moe_dtype", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size", "distribution", "num_tokens", "latency_ms")
	if f == nil || err != nil {
		return nil, err
	}
	families, seen := map[hardware.Precision]*family{}, map[[7]int]bool{}
	for i := range f.rows {
		if f.text(i, "distribution") != routing {
			continue
		}
		size, err := f.whole(i, "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size", "num_tokens")
		if err != nil {
			return nil, err
		}
		p, ok := precisions[f.text(i, "moe_dtype")]
		if !ok {
			return nil, unknownType(f, i, "moe_dtype")
		}
		hidden, ffn, top, experts, ranks, tokens := size[0], size[1]/size[4], size[2], size[3], size[5], size[6]
		call := [7]int{hidden, ffn, top, experts, ranks, tokens, int(8 * p.Bytes())}
		if seen[call] || ffn == 0 { // another split into the same work
			continue
		}
		seen[call] = true
		if families[p] == nil {
			families[p] = &family{floor: 10e-6, rank: 8, detail: 12, file: f.file}
		}
		bound := g.MoEBound(tokens, hidden, ffn, top, experts, ranks, p)
		if err := families[p].add(f, i, []int{hidden, ffn, top, experts, ranks}, []int{tokens}, bound); err != nil {
			return nil, err
		}
	}
	return families, nil
}

func (y *family) add(f *frame, i int, row, column []int, bound hardware.Cost) error {
	t, err := f.seconds(i)
	if err != nil {
		return err
	}
	y.points = append(y.points, point{row, column, t, bound, f.at(i)})
	y.rowK, y.colK = len(row), len(column)
	return nil
}
