package validation

import (
	"strings"
	"testing"
	"testing/fstest"
)

const goodExperiment = "exp_id,model,gpu,tp,stages,input_nominal,output_tokens,max_num_seqs\n"

// experimentsOf reads an experiments.csv with the given rows.
func experimentsOf(rows string) (all []Experiment, faults []error) {
	files := fstest.MapFS{"experiments.csv": {Data: []byte(goodExperiment + rows)}}
	all, err := readExperiments(files, func(err error) { faults = append(faults, err) })
	if err != nil {
		faults = append(faults, err)
	}
	return all, faults
}

func TestFaultyRowsAreReportedAndTheRestIsRead(t *testing.T) {
	good := `a,m,g,1,"[[5, 60]]",100,10,128` + "\n"
	for _, c := range []struct{ row, want string }{
		{`b,m,g,x,"[[5, 60]]",100,10,128`, `experiments.csv:3: tp: "x" (must be a whole number from 0)`},
		{`b,m,g,1,"[[5, 60",100,10,128`, `stages: "[[5, 60" (must be a list`},
		{`b,m,g,1,"[[-5, 60]]",100,10,128`, `rates and seconds must be above 0`},
		{`b,m,g,1,"[[1e9, 1e9]]",100,10,128`, `10 million requests at most`},
		{`b,m,g,1,"[[5, 60]]",,10,128`, `must be a number, if there is no request_file`},
		{`a,m,g,1,"[[5, 60]]",100,10,128`, `exp_id: "a" (must be there, and only once)`},
		{`,m,g,1,"[[5, 60]]",100,10,128`, `exp_id: ""`},
	} {
		all, faults := experimentsOf(good + c.row + "\n" + strings.Replace(good, "a,", "z,", 1))
		if len(all) != 2 || len(faults) != 1 || !strings.Contains(faults[0].Error(), c.want) {
			t.Errorf("%s: %d experiments and %v, want 2 and %q", c.row, len(all), faults, c.want)
		}
	}
}

func TestMissingColumnIsNamed(t *testing.T) {
	files := fstest.MapFS{"experiments.csv": {Data: []byte("exp_id,model\na,m\n")}}
	_, err := readExperiments(files, func(error) {})
	if err == nil || !strings.Contains(err.Error(), `experiments.csv:1: no column "gpu"`) {
		t.Error(err)
	}
}

func TestFirstNumberOfACellCounts(t *testing.T) {
	for text, want := range map[string]int{
		"4096 (assumed)": 4096, "default (8192 for H100 API server; inferred)": 8192, "model default": 0, "": 0, "128": 128,
	} {
		if n := firstNumber(text); n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	}
}

func TestDescriptionsOfClients(t *testing.T) {
	if n := inFlight("poisson; client keeps at most 440 requests in flight (44 workers x 10)"); n != 440 {
		t.Error(n)
	}
	if s := sharing("shared_prefix 10x10, 128+64 in, 64 out"); s != (Sharing{10, 10, 128}) {
		t.Error(s)
	}
}

func FuzzReadingAFolder(f *testing.F) {
	f.Add(goodExperiment+`a,m,g,1,"[[5, 60]]",100,10,128`+"\n", "exp_id,stage,metric,stat,value_ms,source\na,-1,e2e,mean,5,reported\n")
	f.Add("\xff,\"", "")
	f.Fuzz(func(t *testing.T, experiments, aggregates string) {
		files := fstest.MapFS{
			"experiments.csv": {Data: []byte(experiments)}, "aggregates.csv": {Data: []byte(aggregates)},
			"peers.csv": {Data: []byte(aggregates)}, "closed_loop/closed_loop.csv": {Data: []byte(experiments)},
			"requests/r.csv": {Data: []byte(experiments)},
		}
		folder := Open(files, "")
		for i := range folder.Experiments {
			folder.Experiments[i].RequestFile = "requests/r.csv"
			folder.requests(&folder.Experiments[i], func(error) {})
		}
		for _, err := range folder.Faults {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is not one line", err)
			}
		}
	})
}
