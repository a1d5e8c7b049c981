package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metronome/metrics"
	"metronome/report"
	"metronome/study"
)

type scoring struct {
	settings      []string
	fileFormat    string
	compat, out   string
	json, require bool
}

func scoreCommand() *cobra.Command {
	s := new(scoring)
	c := &cobra.Command{
		Use:     "score FILE…",
		Short:   "Score recorded token times; several files are parts of one run",
		Example: "  metronome score out/tokens.jsonl.gz --set slo.tbt=50ms",
		Args:    cobra.MinimumNArgs(1),
		RunE:    s.run,
	}
	c.Flags().StringArrayVar(&s.settings, "set", nil, "set a key of the SLO, as in `slo.tbt=50ms`; repeatable")
	c.Flags().StringVar(&s.fileFormat, "format", "", "read files as of a `format` ("+strings.Join(study.RecordingFormats(), ", ")+"), whatever their content looks like")
	c.Flags().StringVar(&s.compat, "compat", "", "add the figures that the code of a `tool` (etalon) gives")
	c.Flags().BoolVar(&s.json, "json", false, "print the report as one JSON object")
	c.Flags().StringVar(&s.out, "out", "", "write summary.json and report.html to a `folder`")
	c.Flags().BoolVar(&s.require, "require", false, "exit 1 if the SLO does not hold")
	return c
}

func (s *scoring) run(c *cobra.Command, files []string) error {
	rec, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.Recording, error) {
		return study.OpenRecordingAs(s.fileFormat, files, s.settings...)
	})
	if err != nil {
		return err
	}
	watchers, err := s.watchers(rec.Options.SLO)
	if err != nil {
		return err
	}
	run := newRecordedRun(rec.Options, rec.Header.Seed)
	if s.out != "" && !rec.Header.Untimed {
		watchers = append(watchers, shownRun{run})
	}
	r, err := rec.Score(c.Context(), watchers...)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if err := s.keep(rec, run, r); err != nil {
		return err
	}
	if err := write(c, s.format(rec, r)); err != nil {
		return err
	}
	for _, text := range r.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), "warning:", text)
	}
	if s.require && !r.Holds() {
		return failure{errors.New("the SLO does not hold")}
	}
	return nil
}

// keep writes the files of the score to the folder that was asked for, if one was.
func (s *scoring) keep(rec *study.Recording, run *report.Run, r *metrics.Report) error {
	if s.out == "" {
		return nil
	}
	page, err := recordedPage(strings.Join(rec.Files, ", "), run, r, recorded(rec))
	if err != nil {
		return failure{err}
	}
	if err := study.WriteFile(s.out, study.SummaryFile, r.JSON(head(rec.Header.Seed)...)); err != nil {
		return err
	}
	return study.WriteFile(s.out, study.ReportFile, page)
}

// watchers returns the metrics that are asked for beside the registered ones.
func (s *scoring) watchers(slo metrics.SLO) ([]metrics.Metric, error) {
	switch s.compat {
	case "":
		return nil, nil
	case "etalon":
		return []metrics.Metric{metrics.NewEtalon(slo)}, nil
	}
	return nil, fmt.Errorf("--compat: unknown tool %q (have etalon)", s.compat)
}

// format returns the report as JSON or for people.
func (s *scoring) format(rec *study.Recording, r *metrics.Report) []byte {
	if s.json {
		return r.JSON(head(rec.Header.Seed)...)
	}
	var b bytes.Buffer
	p := page{&b, r}
	p.print(recorded(rec))
	if s.compat != "" {
		p.group(s.compat)
	}
	return b.Bytes()
}

// recorded returns what the report of a recording rests on.
func recorded(rec *study.Recording) []assumption {
	slo, h := rec.Options.SLO, rec.Header
	first := fmt.Sprintf("as recorded, alone on %s", h.Reference.Name)
	for _, n := range []int{128, 1024, 8192} {
		if d, ok := h.Reference.Prefill[strconv.Itoa(n)]; ok {
			first += fmt.Sprintf("; P is %s at %d tokens", millis(d), n)
		}
	}
	if slo.Prefill != nil {
		first = rec.Options.Reference
	}
	recording := fmt.Sprintf("%s; seed %d", strings.Join(rec.Files, ", "), h.Seed)
	if h.Source != "" {
		recording = fmt.Sprintf("%s; read as %s", strings.Join(rec.Files, ", "), h.Source)
	}
	deadline := fmt.Sprintf("D_p = P + %v, %s", slo.TTFTSlack, first)
	if h.Source != "" && slo.Prefill == nil {
		deadline = "none: the file tells nothing of a lone prefill (slo.prefill takes a curve)"
	}
	return []assumption{
		{"recording", recording},
		{"first deadline", deadline},
		{"later deadlines", fmt.Sprintf("D_d = %v, index %s", slo.TBT, slo.Index)},
	}
}
