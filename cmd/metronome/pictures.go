package main

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"metronome/hardware"
	"metronome/metrics"
	"metronome/report"
	"metronome/study"
)

// pictures watch a run to draw what it shows.
type pictures struct {
	run      *report.Run
	timeline *report.Timeline // nil if it is not asked for
	plots    bool             // as files of their own, too
}

func newPictures(p *study.Plan, plots, timeline bool) *pictures {
	x := &pictures{run: newRun(p), plots: plots}
	if timeline {
		x.timeline = report.NewTimeline(p.Experiment.Seed)
	}
	return x
}

// newRun returns what watches a run of a plan.
func newRun(p *study.Plan) *report.Run {
	o := report.Options{
		Seed: p.Experiment.Seed, SLO: p.Experiment.SLO, Warmup: p.Experiment.Workload.Warmup, System: p.Policy.Name,
	}
	o.Cached, o.Energy = true, energy(p)
	for _, pool := range p.Pools {
		o.Replicas += pool.Most()
		idle := 0.0
		if e, known := pool.Deployment.Energy(); known {
			idle = float64(e.Idle(1e9)) / 1e6
		}
		o.IdleWattsEach = append(o.IdleWattsEach, idle)
		if pool.Spec.Scaling == nil { // else the run is told of all that are provisioned
			o.Fixed += pool.Deployment.Replicas
			o.IdleWatts += idle * float64(pool.Deployment.Replicas)
		}
	}
	return report.NewRun(o)
}

// energy returns what iterations of each pool take beyond idling; nil if that of any pool
// is not known.
func energy(p *study.Plan) func(pool int, s *hardware.Shape, d time.Duration) int64 {
	var of []hardware.EnergyModel
	for _, pool := range p.Pools {
		e, known := pool.Deployment.Energy()
		if !known {
			return nil
		}
		of = append(of, e)
	}
	return func(pool int, s *hardware.Shape, d time.Duration) int64 {
		return max(0, of[pool].Iteration(s, d)-of[pool].Idle(d))
	}
}

// models names the models that pools serve, each once.
func models(p *study.Plan) string {
	var names []string
	for _, pool := range p.Pools {
		if name := pool.Deployment.Model.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// watchers returns what is to be shown the run; of no pictures, nothing.
func (x *pictures) watchers() (all []metrics.Recorder) {
	if x != nil {
		all = append(all, x.run)
	}
	if x != nil && x.timeline != nil {
		all = append(all, x.timeline)
	}
	return all
}

// write adds the pictures to the files of the run.
func (x *pictures) write(o *study.Output, p *study.Plan, r *metrics.Report) error {
	experiment, err := p.File(".")
	if err != nil {
		return err
	}
	page := report.Page{
		Title: workload(p) + " on " + models(p), Run: x.run, Report: r, Experiment: string(experiment),
	}
	for _, a := range assumptions(p) {
		page.Assumptions = append(page.Assumptions, [2]string{a.name, a.text})
	}
	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		return err
	}
	if err := o.Write(study.ReportFile, b.Bytes()); err != nil {
		return err
	}
	if x.timeline != nil {
		if err := o.Write(study.TimelineFile, x.timeline.Trace()); err != nil {
			return err
		}
		if text := x.timeline.JSON(); text != nil {
			if err := o.Write(study.TimelineJSONFile, text); err != nil {
				return err
			}
		}
	}
	if x.plots {
		return x.draw(o)
	}
	return nil
}

// draw writes every chart of the run in every format.
func (x *pictures) draw(o *study.Output) error {
	for _, c := range x.run.Charts() {
		for _, format := range report.Formats {
			var b bytes.Buffer
			if err := c.Draw(&b, format); err != nil {
				return err
			}
			if err := o.Write(study.PlotsFolder+"/"+c.Name+"."+format, b.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}
