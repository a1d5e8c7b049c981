package study

import (
	"os"
	"strings"
	"testing"
)

// The files in the documentation are what they are said to be.
func TestDocumentedStudiesAreRead(t *testing.T) {
	text, err := os.ReadFile("../docs/studies.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```toml\n")[1:]
	if len(blocks) != 2 {
		t.Fatalf("%d files", len(blocks))
	}
	sweep, _, _ := strings.Cut(blocks[0], "```")
	s, err := ParseStudy("study.toml", strings.Replace(sweep, `"base.toml"`, `""`, 1))
	if err != nil || s.Points() != 3*5*2*2 {
		t.Errorf("%v; %d points", err, s.Points())
	}
	sizing, _, _ := strings.Cut(blocks[1], "```")
	if z, err := ParseSizing("size.toml", sizing); err != nil || len(z.GPUs) != 1 {
		t.Error(err)
	}
}
