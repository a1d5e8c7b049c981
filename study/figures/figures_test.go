package figures

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metronome/profiles"
	"metronome/study"
)

func draw(t *testing.T, f Figure) *Result {
	t.Helper()
	lab, err := Open(profiles.FS, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Draw(t.Context(), lab)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whether claims hold is a matter of the cost model; that they can be told is not.
func TestEveryFigureSaysWhatItClaimsAndShowsIt(t *testing.T) {
	for _, f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			if f.Title == "" || f.Source == "" || len(f.Deviations) == 0 {
				t.Errorf("figure %+v lacks a title, a source or deviations", f)
			}
			if testing.Short() {
				t.Skip("draws the figure")
			}
			t.Parallel()
			r := draw(t, f)
			if len(r.Claims) == 0 || len(r.Charts) == 0 {
				t.Fatalf("%d claims and %d charts (must have some)", len(r.Claims), len(r.Charts))
			}
			for _, c := range r.Claims {
				if c.Name == "" || math.IsNaN(c.Ours) || math.IsInf(c.Ours, 0) || c.Least > c.Most || math.IsInf(c.Least, -1) && math.IsInf(c.Most, 1) {
					t.Errorf("claim %+v says nothing", c)
				}
			}
			for _, c := range r.Charts {
				if err := c.Draw(new(bytes.Buffer), "svg"); err != nil {
					t.Error(err)
				}
				if c.Title == "" || strings.Contains(c.Title, "NaN") || c.Y.Label == "" {
					t.Errorf("chart %q has the title %q and the axis %q", c.Name, c.Title, c.Y.Label)
				}
			}
		})
	}
}

func TestFiguresAreTheSameEachTime(t *testing.T) {
	f, err := Lookup("r1")
	if err != nil {
		t.Fatal(err)
	}
	a, b := JSON([]Drawn{{f, draw(t, f)}}), JSON([]Drawn{{f, draw(t, f)}})
	if !bytes.Equal(a, b) {
		t.Errorf("one time\n%s\nthe other\n%s", a, b)
	}
}

func TestExperimentsOfFiguresCanBeRunByAnybody(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(profiles.FS, folder); err != nil {
		t.Fatal(err)
	}
	files, _ := fs.Glob(os.DirFS(folder), "*.toml")
	if len(files) == 0 {
		t.Fatal("no experiments")
	}
	for _, file := range files {
		e, err := study.Open(filepath.Join(folder, file))
		if err == nil {
			_, err = e.Plan(study.Options{Profiles: profiles.FS})
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestClaimsHoldWithinTheirRange(t *testing.T) {
	r := new(Result)
	r.atLeast(2, Value{Name: "a", Ours: 2})
	r.atLeast(2, Value{Name: "b", Ours: 1.99})
	r.atMost(2, Value{Name: "c", Ours: 2.01})
	r.between(1, 2, Value{Name: "d", Ours: 1, Paper: 0, Trust: Text})
	for i, want := range []bool{true, false, false, true} {
		if got := r.Claims[i].Holds(); got != want {
			t.Errorf("%d: %v in %s holds: %v", i, r.Claims[i].Ours, r.Claims[i].Range(), got)
		}
	}
	held, claims := Tally([]Drawn{{Result: r}})
	if held != 2 || claims != 4 {
		t.Errorf("tally %d of %d (must be 2 of 4)", held, claims)
	}
	var parsed struct {
		Figures []struct {
			Claims []struct {
				Pass  bool
				Paper *float64
			}
		}
	}
	if err := json.Unmarshal(JSON([]Drawn{{Result: r}}), &parsed); err != nil {
		t.Fatal(err)
	}
	c := parsed.Figures[0].Claims
	if c[0].Paper != nil || c[3].Paper == nil || !c[3].Pass || c[1].Pass {
		t.Errorf("claims are %+v in JSON", c)
	}
}

func TestDocumentsNameEveryFigure(t *testing.T) {
	text, err := os.ReadFile("../../docs/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range All() {
		if !strings.Contains(string(text), "| "+f.Name+" | ") || !strings.Contains(string(text), "| "+f.Title+" |") {
			t.Errorf("docs/figures.md lacks %s: %s", f.Name, f.Title)
		}
	}
}
