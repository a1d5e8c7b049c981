package study

import (
	"fmt"
	"math"
	"strings"
)

// CompareFile is the file that a comparison leaves.
const CompareFile = "compare.json"

// Answer returns a sentence for every contender but the first: where it is
// better, where it is worse, and where nothing is shown.
func (c *Comparison) Answer() string {
	var sentences []string
	for i := 1; i < len(c.Names); i++ {
		sentences = append(sentences, c.against(i))
	}
	if !c.Drawn() {
		sentences = append(sentences, "Seeds make no difference to this workload, so that the intervals say nothing.")
	}
	return strings.Join(sentences, " ")
}

func (c *Comparison) against(i int) string {
	var better, worse, same []string
	for _, f := range c.Figures {
		if !f.Head {
			continue
		}
		d := f.Differences[i]
		switch sign := d.Sign(); {
		case sign == 0:
			same = append(same, f.Name)
		case (sign > 0) == f.Higher:
			better = append(better, f.Name+" by "+f.amount(d))
		default:
			worse = append(worse, f.Name+" by "+f.amount(d))
		}
	}
	text := c.Names[i] + " is "
	switch {
	case better != nil && worse != nil:
		text += "better than " + c.Names[0] + " at " + list(better) + ", and worse at " + list(worse)
	case better != nil:
		text += "better than " + c.Names[0] + " at " + list(better)
	case worse != nil:
		text += "worse than " + c.Names[0] + " at " + list(worse)
	default:
		return fmt.Sprintf("Between %s and %s no difference is shown in %s.", c.Names[i], c.Names[0], list(same))
	}
	if same != nil {
		text += "; no difference is shown in " + list(same)
	}
	return text + "."
}

// amount returns a difference without its sign.
func (f Compared) amount(d Interval) string {
	text := rounded(math.Abs(d.Mean), 4) + " ± " + rounded(d.Half, 2)
	if f.Unit != "" {
		text += " " + f.Unit
	}
	return text
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// JSON returns the comparison as one indented object.
func (c *Comparison) JSON(version string, seed uint64) []byte {
	type figure struct {
		Name        string     `json:"name"`
		Key         string     `json:"key"`
		Unit        string     `json:"unit"`
		Better      string     `json:"better"`
		Values      []Interval `json:"values"`
		Differences []Interval `json:"differences"`
	}
	var figures []figure
	for _, f := range c.Figures {
		better := "lower"
		if f.Higher {
			better = "higher"
		}
		figures = append(figures, figure{f.Name, f.Key, f.Unit, better, f.Values, f.Differences})
	}
	return indented(struct {
		Schema     int      `json:"schema"`
		Version    string   `json:"version"`
		Seed       uint64   `json:"seed"`
		Seeds      int      `json:"seeds"`
		Answer     string   `json:"answer"`
		Reference  string   `json:"reference"`
		Confidence float64  `json:"confidence"`
		Contenders []string `json:"contenders"`
		Figures    []figure `json:"figures"`
	}{1, version, seed, c.Seeds, c.Answer(), c.Reference, confidence, c.Names, figures})
}
