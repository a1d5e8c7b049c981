package workloads

import (
	"os"
	"strings"
	"testing"
)

func TestDocumentationNamesAllThatIsRegistered(t *testing.T) {
	page, err := os.ReadFile("../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	names := append(append(processes.names(), distributions.names()...), formats.names()...)
	for _, name := range append(names, embeddedNames(os.DirFS("../profiles"))...) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/workloads.md does not name %s", name)
		}
	}
}

func TestRegisteringTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second poisson is accepted")
		}
	}()
	RegisterArrivals(ArrivalProcess{Name: "poisson"})
}
