package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"metronome/metrics"
)

// A Recording is token files that are scored as the parts of one run.
type Recording struct {
	Files   []string
	Header  metrics.TokenHeader // of the first file
	Options metrics.Options

	slack time.Duration // to add to the first deadlines of the files
}

// OpenRecording reads token files through once, to check and count them.
// Settings of the form slo.key=value replace what the files say of the SLO.
func OpenRecording(files []string, settings ...string) (*Recording, error) {
	r := &Recording{Files: files}
	n := 0
	for i, file := range files {
		header, requests, err := countTokens(file)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			r.Header = header
		} else if header.SLO != r.Header.SLO && len(settings) == 0 {
			return nil, fmt.Errorf("%s: another SLO than %s (must be the same, or be set by --set)", file, files[0])
		}
		n += requests
	}
	r.Options = r.Header.Options()
	r.Options.Requests = n
	r.Options.Prefill = recordedPrefill(r.Header.Reference.Prefill)
	if err := setSLO(&r.Options.SLO, settings); err != nil {
		return nil, err
	}
	if prefill := r.Options.SLO.Prefill; prefill != nil {
		r.Options.Reference = curveName(prefill.Curve)
		r.Options.Prefill = prefill.Curve.At
	}
	r.slack = r.Options.SLO.TTFTSlack - r.Header.SLO.TTFTSlack
	return r, nil
}

// recordedPrefill returns P at the lengths that the header tells; nil if it has none.
func recordedPrefill(times map[string]time.Duration) func(int) time.Duration {
	if len(times) == 0 {
		return nil
	}
	return func(promptTokens int) time.Duration { return times[strconv.Itoa(promptTokens)] }
}

// countTokens reads a token file through.
func countTokens(file string) (h metrics.TokenHeader, requests int, err error) {
	err = eachToken(file, func(t *metrics.TokenReader, _ *metrics.Completion) error {
		h = t.Header
		requests++
		return nil
	})
	if err == nil && requests == 0 {
		err = fmt.Errorf("%s: no requests (must have a line for each)", file)
	}
	return h, requests, err
}

// eachToken calls visit for every request of a token file.
func eachToken(file string, visit func(*metrics.TokenReader, *metrics.Completion) error) error {
	f, err := os.Open(file)
	if err != nil {
		return readable(err)
	}
	defer f.Close()
	t, err := metrics.NewTokenReader(file, f)
	for err == nil {
		var c *metrics.Completion
		if c, err = t.Next(); err == nil {
			err = visit(t, c)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// setSLO applies settings to an SLO.
func setSLO(slo *metrics.SLO, settings []string) error {
	d, err := ParseDraft("", "")
	if err != nil {
		return err
	}
	for _, s := range settings {
		if !strings.HasPrefix(s, "slo.") {
			return fmt.Errorf("--set %s: not a key of [slo] (a recording has no others)", s)
		}
		if err := d.Set(s); err != nil {
			return err
		}
	}
	if table, ok := d.root["slo"]; ok {
		if err := decode("slo", table, reflect.ValueOf(slo).Elem()); err != nil {
			return d.locate(err)
		}
	}
	if slo.Reference != nil {
		return errors.New("--set: slo.reference: not for recordings (slo.prefill takes a curve)")
	}
	if err := d.readCurve(slo.Prefill); err != nil {
		return d.locate(at("slo.prefill", err))
	}
	return d.locate(slo.Validate())
}

// Score scores the recording. Watchers are metrics beside the registered ones,
// and their rows are part of the report.
func (r *Recording) Score(ctx context.Context, watchers ...metrics.Metric) (*metrics.Report, error) {
	set := metrics.New(r.Options)
	for _, w := range watchers {
		set.Add(w)
	}
	for _, file := range r.Files {
		err := eachToken(file, func(_ *metrics.TokenReader, c *metrics.Completion) error {
			r.due(c)
			set.Finished(c)
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return set.Report(), nil
}

// due sets the first deadline: that of the file, with its slack replaced, unless
// there is a curve.
func (r *Recording) due(c *metrics.Completion) {
	switch prefill := r.Options.SLO.Prefill; {
	case prefill != nil:
		c.Deadline = c.Request.Arrival + prefill.Curve.At(c.Request.PromptTokens) + r.Options.SLO.TTFTSlack
	case c.Deadline > 0:
		c.Deadline = max(c.Request.Arrival+1, c.Deadline+r.slack) // 0 would be none
	}
}
