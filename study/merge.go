package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Merge joins the folders of the shards of a study into one, as if a single
// process had done all runs, and returns their number. All shards must be there,
// complete.
func Merge(folders []string, into string) (runs int, err error) {
	if len(folders) == 0 {
		return 0, errors.New("merge: no folders (it takes those of all shards)")
	}
	first, err := readStamp(folders[0])
	if err != nil {
		return 0, err
	}
	all, err := gather(folders, first)
	if err != nil {
		return 0, err
	}
	if all, err = unite(all); err != nil {
		return 0, err
	}
	whole := first
	whole.Shard, whole.Shards, whole.Runs = 0, 1, len(all)
	if err := WriteFile(into, StampFile, indented(whole)); err != nil {
		return 0, err
	}
	return len(all), writeRows(into, whole.layout, all)
}

func readStamp(folder string) (there stamp, err error) {
	file := filepath.Join(folder, StampFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return there, fmt.Errorf("%w (must be the folder of a sweep)", readable(err))
	}
	if err := json.Unmarshal(text, &there); err != nil {
		return there, fmt.Errorf("%s: %w", file, err)
	}
	return there, nil
}

// gather reads the rows of all shards, which must be complete.
func gather(folders []string, first stamp) ([]storedRow, error) {
	var all []storedRow
	seen := map[int]bool{}
	for _, folder := range folders {
		there, err := readStamp(folder)
		if err != nil {
			return nil, err
		}
		if there.Study != first.Study || there.Shards != first.Shards {
			return nil, fmt.Errorf("merge: %s holds a shard of another study than %s, or of another number of shards", folder, folders[0])
		}
		rows, err := readRows(folder)
		if err != nil {
			return nil, err
		}
		if len(rows) != there.Runs {
			return nil, fmt.Errorf("merge: %s holds %d of %d runs (sweep --resume --shard %d/%d does the others)",
				folder, len(rows), there.Runs, there.Shard, there.Shards)
		}
		seen[there.Shard] = true
		all = append(all, rows...)
	}
	for i := range first.Shards {
		if !seen[i] {
			return nil, fmt.Errorf("merge: no folder holds shard %d/%d", i, first.Shards)
		}
	}
	return all, nil
}
