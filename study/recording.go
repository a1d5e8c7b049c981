package study

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"metronome/metrics"
)

// A Recording is token files that are scored as the parts of one run.
type Recording struct {
	Files   []string
	Format  string              // one of RecordingFormats, "" if files tell it by their content
	Header  metrics.TokenHeader // of the first file
	Options metrics.Options

	written metrics.Options // of the files, whose slacks are in their first deadlines
}

// OpenRecording reads token files through once, to check and count them.
// Settings of the form slo.key=value replace what the files say of the SLO.
func OpenRecording(files []string, settings ...string) (*Recording, error) {
	return OpenRecordingAs("", files, settings...)
}

// OpenRecordingAs is OpenRecording of files of a format, one of RecordingFormats.
func OpenRecordingAs(format string, files []string, settings ...string) (*Recording, error) {
	r := &Recording{Files: files, Format: format}
	if err := r.survey(len(settings) > 0); err != nil {
		return nil, err
	}
	slos := []*metrics.SLO{&r.Options.SLO}
	for i := range r.Options.Tenants {
		slos = append(slos, &r.Options.Tenants[i].SLO)
	}
	for _, slo := range slos {
		if err := setSLO(slo, settings); err != nil {
			return nil, err
		}
	}
	if prefill := r.Options.SLO.Prefill; prefill != nil {
		r.Options.Reference, r.Options.Prefill = curveName(prefill.Curve), prefill.Curve.At
	}
	return r, nil
}

// survey reads the headers and counts the requests. The files must have the same
// SLO, unless settings say how to score them.
func (r *Recording) survey(settings bool) error {
	n := 0
	for i, file := range r.Files {
		header, requests, err := countTokens(r.Format, file)
		if err != nil {
			return err
		}
		if i == 0 {
			r.Header = header
		} else if (header.SLO != r.Header.SLO || !slices.Equal(header.Tenants, r.Header.Tenants)) && !settings {
			return fmt.Errorf("%s: another SLO than %s (must be the same, or be set by --set)", file, r.Files[0])
		}
		n += requests
	}
	r.Options, r.written = r.Header.Options(), r.Header.Options()
	r.Options.Requests = n
	r.Options.Prefill = recordedPrefill(r.Header.Reference.Prefill)
	return nil
}

// recordedPrefill returns P at the lengths that the header tells; nil if it has none.
func recordedPrefill(times map[string]time.Duration) func(int) time.Duration {
	if len(times) == 0 {
		return nil
	}
	return func(promptTokens int) time.Duration { return times[strconv.Itoa(promptTokens)] }
}

// Score scores the recording. Watchers are metrics beside the registered ones,
// and their rows are part of the report.
func (r *Recording) Score(ctx context.Context, watchers ...metrics.Metric) (*metrics.Report, error) {
	set := metrics.New(r.Options)
	for _, w := range watchers {
		set.Add(w)
	}
	for _, file := range r.Files {
		err := eachToken(r.Format, file, func(_ *metrics.TokenReader, c *metrics.Completion) error {
			r.due(c)
			set.Finished(c)
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	if r.Header.Untimed {
		return set.Report().WithoutGaps(), nil
	}
	return set.Report(), nil
}

// due sets the first deadline: that of the file, with its slack replaced, unless
// there is a curve.
func (r *Recording) due(c *metrics.Completion) {
	slack := r.Options.SLOOf(c.Request.Tenant).TTFTSlack
	switch prefill := r.Options.SLO.Prefill; {
	case prefill != nil:
		c.Deadline = c.Request.Arrival + prefill.Curve.At(c.Request.PromptTokens) + slack
	case c.Deadline > 0:
		moved := c.Deadline + slack - r.written.SLOOf(c.Request.Tenant).TTFTSlack
		c.Deadline = max(c.Request.Arrival+1, moved) // 0 would be none
	}
}
