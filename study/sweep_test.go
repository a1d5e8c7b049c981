package study

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// someStudy has runs that end, that cannot run and that are overloaded.
const someStudy = `
seeds = 2
columns = ["latency.ttft_ms.p99", "slo.holds"]
[set]
workload.requests = 400
[axes]
workload.arrivals.rate = [4, 300]
scheduler.policy = ["vllm", "sarathi", "orca"]
[[zip]]
deployment.model = ["llama-3.1-8b", "llama-2-70b"]
deployment.tensor_parallel = [1, 1]
[[exclude]]
scheduler.policy = "orca"
deployment.model = "llama-2-70b"
`

func parseStudy(t testing.TB, text string) *Study {
	t.Helper()
	s, err := ParseStudy("study.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sweepInto does what is left of a study in a folder.
func sweepInto(t testing.TB, s *Study, folder string, workers, shard, shards int) (SweepResult, error) {
	t.Helper()
	results, err := s.OpenResults(folder, ResultsOptions{Hash: "h", Shard: shard, Shards: shards, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	defer results.Close()
	return SweepInto(t.Context(), s, embedded, SweepOptions{Workers: workers}, results)
}

func swept(t testing.TB, folder string) string {
	t.Helper()
	var all []byte
	for _, name := range []string{StampFile, RowsFile, TableFile} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return string(all)
}

func TestSweepDoesNotDependOnWorkersOrShards(t *testing.T) {
	s := parseStudy(t, someStudy)
	alone := t.TempDir()
	r, err := sweepInto(t, s, alone, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Done == 0 || r.CannotRun == 0 || r.Overloaded == 0 || r.Done+r.CannotRun+r.Overloaded != s.Points()-4 {
		t.Errorf("%+v of %d points", r, s.Points())
	}
	for _, shards := range []int{1, 2, 5, 30} {
		var folders []string
		for i := range shards {
			folders = append(folders, t.TempDir())
			if _, err := sweepInto(t, s, folders[i], 4, i, shards); err != nil {
				t.Fatal(err)
			}
		}
		merged := t.TempDir()
		if _, err := Merge(folders, merged); err != nil {
			t.Fatal(err)
		}
		if a, b := swept(t, alone), swept(t, merged); a != b {
			t.Fatalf("%d shards: %s", shards, cmp.Diff(a, b))
		}
	}
}

func TestRowsAreThoseOfTheExperimentsAlone(t *testing.T) {
	s := parseStudy(t, "[set]\nworkload.requests = 50\n[axes]\nscheduler.token_budget = [2048, 512]\n")
	var rows []StudyRow
	err := Sweep(t.Context(), s, embedded, SweepOptions{Workers: 1, Keep: func(r StudyRow) error { rows = append(rows, r); return nil }})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	want := figures(run(t, "workload.requests=50"))
	if diff := cmp.Diff(want, rows[0].Figures); diff != "" {
		t.Error(diff)
	}
	if a, b := string(rows[0].Figures["slo.reference"]), string(rows[1].Figures["slo.reference"]); a != b || !strings.Contains(a, "2048") {
		t.Errorf("deadlines by %s and by %s", a, b)
	}
}

func TestPointsAreEveryCombinationOnce(t *testing.T) {
	s := parseStudy(t, "seeds = 3\n[axes]\nscheduler.token_budget = {from = 100, to = 800, factor = 2}\nworkload.arrivals.rate = {from = 1, to = 2, points = 3}\nscheduler.max_sequences = {from = 1, to = 7, step = 3}\n")
	var got, want []string
	for i := range s.Points() {
		p := s.Point(i)
		got = append(got, fmt.Sprint(p.Values, p.Seed))
	}
	for _, budget := range []int{100, 200, 400, 800} {
		for _, rate := range []float64{1, 1.5, 2} {
			for _, n := range []int{1, 4, 7} {
				for seed := range 3 {
					want = append(want, fmt.Sprint([]any{budget, rate, n}, seed+1))
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestShardsAreAPartition(t *testing.T) {
	s := parseStudy(t, someStudy)
	for n := 1; n < 30; n++ {
		seen := map[int]int{}
		for i := range n {
			for _, p := range s.Shard(i, n) {
				seen[p]++
			}
		}
		for p := range s.Points() {
			if want := 1; s.Excluded(s.Point(p)) == (seen[p] == want) || seen[p] > 1 {
				t.Errorf("%d shards: point %d is in %d of them", n, p, seen[p])
			}
		}
	}
}

// A full disk writes a part of what it is given, and then nothing.
type fullDisk struct {
	appendable
	room int
}

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(b []byte) (int, error) {
	n := min(len(b), f.room)
	f.room -= n
	f.appendable.Write(b[:n])
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func TestAFullDiskLosesNothingThatWasComplete(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	s := parseStudy(t, someStudy)
	whole := t.TempDir()
	if _, err := sweepInto(t, s, whole, 2, 0, 1); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 12 {
		folder := t.TempDir()
		results, err := s.OpenResults(folder, ResultsOptions{Hash: "h"})
		if err != nil {
			t.Fatal(err)
		}
		target := &results.rows
		if random.IntN(3) == 0 {
			target = &results.table
		}
		target.file = &fullDisk{target.file, random.IntN(30000) / (1 + 9*random.IntN(2))}
		_, err = SweepInto(t.Context(), s, embedded, SweepOptions{Workers: 2}, results)
		results.Close()
		if err != nil && !errors.Is(err, errFull) {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(filepath.Join(folder, RowsFile))
		if len(text) > 0 && !bytes.HasSuffix(text, []byte("}\n")) {
			t.Errorf("a part of a row is left: …%s", text[max(0, len(text)-40):])
		}
		if r, err := sweepInto(t, s, folder, 2, 0, 1); err != nil || r.Kept+r.Done+r.CannotRun+r.Overloaded != r.Runs {
			t.Errorf("%+v, %v", r, err)
		}
		if a, b := swept(t, whole), swept(t, folder); a != b {
			t.Error(cmp.Diff(a, b))
		}
	}
}

// TestSweepProcess is no test: the next one runs it in a process of its own.
func TestSweepProcess(t *testing.T) {
	folder := os.Getenv("METRONOME_SWEEP")
	if folder == "" {
		t.Skip("only for TestAKilledSweepGoesOn")
	}
	if _, err := sweepInto(t, parseStudy(t, someStudy), folder, 2, 0, 1); err != nil {
		t.Fatal(err)
	}
}

func TestAKilledSweepGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("runs thousands of simulations")
	}
	whole, folder := t.TempDir(), t.TempDir()
	if _, err := sweepInto(t, parseStudy(t, someStudy), whole, 2, 0, 1); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(2, 1))
	for i := 0; ; i++ {
		c := exec.Command(os.Args[0], "-test.run=^TestSweepProcess$")
		c.Env = append(os.Environ(), "METRONOME_SWEEP="+folder)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if i < 15 {
			time.Sleep(time.Duration(random.IntN(120)) * time.Millisecond)
			c.Process.Signal(syscall.SIGKILL)
		}
		if c.Wait() == nil {
			break
		}
		if i > 15 {
			t.Fatal("does not end even if it is not killed")
		}
	}
	if a, b := swept(t, whole), swept(t, folder); a != b {
		t.Error(cmp.Diff(a, b))
	}
}

func TestAFolderHasOneWriterAndOneStudy(t *testing.T) {
	s, folder := parseStudy(t, someStudy), t.TempDir()
	results, err := s.OpenResults(folder, ResultsOptions{Hash: "h", Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(want string, o ResultsOptions) {
		t.Helper()
		if _, err := s.OpenResults(folder, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (must say %q)", err, want)
		}
	}
	refuse("another process writes", ResultsOptions{Hash: "h", Shards: 2, Resume: true})
	results.Close()
	refuse("--resume goes on", ResultsOptions{Hash: "h", Shards: 2})
	refuse("another study", ResultsOptions{Hash: "i", Shards: 2, Resume: true})
	refuse("holds shard 0/2", ResultsOptions{Hash: "h", Shards: 2, Shard: 1, Resume: true})
	refuse("--shard: 2/2", ResultsOptions{Hash: "h", Shards: 2, Shard: 2, Resume: true})
}

func TestAnIncompleteShardIsNotMerged(t *testing.T) {
	s, a, b := parseStudy(t, someStudy), t.TempDir(), t.TempDir()
	for i, folder := range []string{a, b} {
		if _, err := sweepInto(t, s, folder, 2, i, 2); err != nil {
			t.Fatal(err)
		}
	}
	for want, folders := range map[string][]string{"no folder holds shard 1/2": {a, a}, "must be the folder of a sweep": {a, t.TempDir()}} {
		if _, err := Merge(folders, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (must say %q)", err, want)
		}
	}
	text, _ := os.ReadFile(filepath.Join(b, RowsFile))
	write(t, filepath.Join(b, RowsFile), string(text[:len(text)-10]))
	if _, err := Merge([]string{a, b}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "runs (sweep --resume --shard 1/2") {
		t.Error(err)
	}
}

func TestWrongStudiesAreRefusedInOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"[axes]\nworkload.rats = [1]\n":                                `study.toml:2: unknown key "workload.rats"`,
		"[axes]\nworkload.requests = []\n":                             "study.toml:2: workload.requests: no values",
		"[axes]\nworkload.requests = 3\n":                              "study.toml:2: workload.requests: 3 (must be a list, or a range",
		"[axes]\nworkload.requests = [1, \"x\"]\n":                     `study.toml:2: workload.requests: "x" (must be a whole number)`,
		"[axes]\nscheduler.policy = [\"vllm\", \"srtf\"]\n":            "unknown policy \"srtf\"",
		"[axes]\nworkload.requests = {from = 3, to = 1, step = 1}\n":   "no range",
		"[axes]\nworkload.requests = {from = 1, to = 3}\n":             "from and to alone",
		"[axes]\nworkload.requests = {from = 1, to = 3, step = 0}\n":   "a step is above 0",
		"[axes]\nworkload.requests = {from = 1, to = 3, by = 1}\n":     "a range takes",
		"[axes]\nworkload.requests = {from = 1, to = 1e9, step = 1}\n": "more than 1000000 values",
		"[axe]\n":                            `unknown key "axe"`,
		"[workload]\nrequests = 3\n":         `study.toml:1: "workload" is a key of experiments (write it under [set]`,
		"seeds = 0\n":                        "study.toml:1: seeds: 0",
		"seeds = 2\n[axes]\nseed = [1, 2]\n": "seeds: beside an axis of seeds",
		"[[zip]]\nworkload.requests = [1, 2]\nworkload.timeout = [\"1s\"]\n": "(must be as many)",
		"[axes]\nseed = [1]\n[[zip]]\nseed = [1]\n":                          "seed: varied twice",
		"[axes]\nseed = [1]\n[[exclude]]\nworkload.requests = 1\n":           "must be a key of an axis",
		"[set]\nworkload.requets = 1\n":                                      "unknown key",
		"experiment = \"nowhere.toml\"\n":                                    "nowhere.toml: no such file",
		"\nseeds = \"x\"\n":                                                  "study.toml:2: seeds: is of type string (must be of type integer)",
		"[axes\n":                                                            "study.toml:2: expected",
	} {
		_, err := ParseStudy("study.toml", text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v (must say %q)", text, err, want)
		}
	}
	if _, err := ParseStudy("study.toml", "[axes]\nseed = [1]\n", "seed=3"); err == nil {
		t.Error("a setting of what varies was accepted")
	}
}

func FuzzStudy(f *testing.F) {
	f.Add(someStudy)
	f.Add("[axes]\nworkload.requests = {from = 1, to = 3, step = 1}\n")
	f.Add("[axes.workload]\nprompt = [{distribution = \"fixed\", value = 3}]\n[[zip]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStudy("study.toml", text)
		if oneLineOrFine(t, err) {
			_, err = s.Experiment(s.Point(s.Points() - 1))
			oneLineOrFine(t, err)
		}
	})
}

func TestASecondWriterWaitsAndFindsWhatTheFirstHasDone(t *testing.T) {
	s, folder := parseStudy(t, someStudy), t.TempDir()
	first, err := s.OpenResults(folder, ResultsOptions{Hash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan SweepResult)
	go func() {
		results, err := s.OpenResults(folder, ResultsOptions{Hash: "h", Resume: true, Wait: true})
		if err != nil {
			t.Error(err)
			close(second)
			return
		}
		defer results.Close()
		r, err := SweepInto(t.Context(), s, embedded, SweepOptions{}, results)
		if err != nil {
			t.Error(err)
		}
		second <- r
	}()
	if _, err := SweepInto(t.Context(), s, embedded, SweepOptions{}, first); err != nil {
		t.Fatal(err)
	}
	first.Close()
	if r := <-second; r.Kept != r.Runs {
		t.Errorf("%+v: not all runs were there", r)
	}
}
