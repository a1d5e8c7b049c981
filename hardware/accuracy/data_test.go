package accuracy

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"metronome/hardware"
	"metronome/profiles"
)

// A record is a row of a table of measurements, by column.
type record map[string]string

func (r record) number(column string) float64 {
	v, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		panic(err)
	}
	return v
}

func (r record) whole(column string) int { return int(r.number(column)) }

// records reads a table of the folder of recorded runs, and skips the test where
// there is none.
func records(t *testing.T, name string) []record {
	t.Helper()
	f, err := os.Open("../../../shared/data/validation/" + name)
	if err != nil {
		t.Skip("no recorded measurements: ", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []record
	for _, row := range rows[1:] {
		r := record{}
		for i, column := range rows[0] {
			r[column] = row[i]
		}
		all = append(all, r)
	}
	return all
}

// deploy opens a deployment and its cost model.
func deploy(t *testing.T, s hardware.Spec, tensor int) (hardware.Deployment, hardware.CostModel) {
	t.Helper()
	s.TensorParallel = &tensor
	d, err := hardware.Open(profiles.FS, s)
	if err != nil {
		t.Fatal(err)
	}
	cost, err := d.CostModel()
	if err != nil {
		t.Fatal(err)
	}
	return d, cost
}
