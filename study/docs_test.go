package study

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"metronome/metrics"
	"metronome/scheduler"
)

func TestDocumentsNameEveryKeyAndEngineFlag(t *testing.T) {
	text, err := os.ReadFile("../docs/experiments.md")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(names(fields(reflect.TypeFor[Deployment]())), names(schedulerFields()), names(fields(reflect.TypeFor[metrics.SLO]())))
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
