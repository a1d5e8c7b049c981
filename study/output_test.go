package study

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFilesAppearTogetherOrNotAtAll(t *testing.T) {
	simulated := []string{ExperimentFile, SummaryFile, RequestsFile, BenchFile, TokensFile}
	p := plan(t, "", "workload.requests=5")
	folder := filepath.Join(t.TempDir(), "new", "run")
	o, err := p.NewOutput(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(context.Background(), o.Watchers...); err != nil {
		t.Fatal(err)
	}
	if n := files(t, folder); len(n) != 1 {
		t.Errorf("the folder has %q while the run lasts, not its partial files alone", n)
	}
	if err := o.Keep([]byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	if n := files(t, folder); len(n) != len(simulated) {
		t.Errorf("the folder has %q, not %q", n, simulated)
	}
	o.Discard()
	if n := files(t, folder); len(n) != len(simulated) {
		t.Errorf("discarding took away what was kept: %q are left", n)
	}
	again, err := p.NewOutput(folder, false)
	if err != nil {
		t.Fatal(err)
	}
	again.Discard()
	if n := files(t, folder); len(n) != len(simulated) {
		t.Errorf("discarding a later run took away an earlier one: %q are left", n)
	}
}

func TestADiscardedFolderVanishes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	o, err := plan(t, "", "workload.requests=5").NewOutput(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	o.Discard()
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestBenchFilesAreOnlyWrittenWhereTheyFitMemory(t *testing.T) {
	warnings := 0
	p := plan(t, "", "workload.requests=5")
	p.warn = func(string) { warnings++ }
	for _, tokens := range []int{mostBenchTokens, mostBenchTokens + 1} {
		p.Survey.OutputTokens = tokens
		o, err := p.NewOutput(filepath.Join(t.TempDir(), "run"), false)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Discard()
		if want := 2 - warnings; len(o.Watchers) != want {
			t.Errorf("%d output tokens: %d files are written, not %d", tokens, len(o.Watchers), want)
		}
	}
	if warnings != 1 {
		t.Errorf("%d warnings", warnings)
	}
}
