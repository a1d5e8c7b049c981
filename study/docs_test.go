package study

import (
	"os"
	"strings"
	"testing"

	"metronome/scheduler"
)

func TestDocumentsNameEverySchedulerKeyAndEngineFlag(t *testing.T) {
	text, err := os.ReadFile("../docs/experiments.md")
	if err != nil {
		t.Fatal(err)
	}
	want := names(schedulerFields())
	for _, k := range scheduler.Kinds() {
		want = append(want, k.Name)
	}
	for _, f := range vllmFlags {
		want = append(want, f.name)
	}
	for _, name := range append(want, runFiles...) {
		if !strings.Contains(string(text), "`"+name) && !strings.Contains(string(text), ", `"+name+"`") {
			t.Errorf("docs/experiments.md lacks %s", name)
		}
	}
}
