package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"metronome/live/twin"
	"metronome/metrics"
	"metronome/study"
	"metronome/workloads"
)

type serving struct {
	runFlags
	addr, name   string
	speed        float64
	faults       twin.Faults
	stamp, ended bool
}

func serveCommand() *cobra.Command {
	s := new(serving)
	c := &cobra.Command{
		Use:   "serve [EXPERIMENT.toml]",
		Short: "Serve the simulated deployment as an endpoint, until Ctrl-C",
		Example: "  metronome serve --addr 127.0.0.1:8000 --set deployment.gpu=a100-sxm\n" +
			"  metronome live --url http://127.0.0.1:8000 --model llama-3.1-8b",
		Args: cobra.MaximumNArgs(1),
		RunE: s.run,
	}
	flags := c.Flags()
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8000", "`HOST:PORT` to listen at; port 0 is any that is free")
	flags.StringVar(&s.name, "name", "", "`name` of the model at the endpoint; that of the deployment by default")
	flags.Float64Var(&s.speed, "speed", 1, "simulated seconds in a real one")
	flags.Float64Var(&s.faults.Errors, "error-share", 0, "share of requests answered by HTTP 503, on purpose")
	flags.Float64Var(&s.faults.Cuts, "cut-share", 0, "share of streams cut off halfway, on purpose")
	flags.DurationVar(&s.faults.Delay, "delay", 0, "real time that requests wait before the cluster sees them")
	flags.BoolVar(&s.stamp, "stamp", false, "add the time of writing to every event; live measures its own lag by it")
	flags.BoolVar(&s.ended, "early-ends", false, "let replies end by themselves, as long as those of the workload, unless ignore_eos is asked for")
	s.add(c)
	return c
}

// check refuses flags out of range.
func (s *serving) check() error {
	f := s.faults
	for _, flag := range []struct {
		name  string
		value any
		holds bool
		must  string
	}{
		{"speed", s.speed, s.speed > 0 && !math.IsInf(s.speed, 0), "above 0"},
		{"delay", f.Delay, f.Delay >= 0 && f.Delay <= time.Hour, "0 to 1h"},
		{"error-share", f.Errors, f.Errors >= 0 && f.Errors <= 1, "0 to 1"},
		{"cut-share", f.Cuts, f.Cuts >= 0 && f.Cuts <= 1, "0 to 1"},
	} {
		if !flag.holds {
			return fmt.Errorf("--%s: %v (must be %s)", flag.name, flag.value, flag.must)
		}
	}
	return nil
}

func (s *serving) run(c *cobra.Command, args []string) error {
	if err := s.check(); err != nil {
		return err
	}
	o, err := s.options(c.ErrOrStderr())
	if err != nil {
		return err
	}
	e, err := s.experiment(c, args, o)
	if err != nil {
		return err
	}
	p, err := readOnly(c.Context(), c.ErrOrStderr(), func() (*study.Plan, error) { return e.Plan(o) })
	if err != nil {
		return err
	}
	options := p.Metrics()
	options.Requests, options.Warmup = 0, 0 // nobody knows what will come
	set := metrics.New(options)
	recorder := metrics.Tee{set}
	if s.out != "" {
		files, err := p.NewOutput(s.out, true)
		if err != nil {
			return err
		}
		defer files.Discard()
		recorder = append(recorder, files.Watchers...)
		return s.serve(c, e, p, set, recorder, files)
	}
	return s.serve(c, e, p, set, recorder, nil)
}

// serve serves a plan until the user ends it, and reports.
func (s *serving) serve(c *cobra.Command, e *study.Experiment, p *study.Plan, set *metrics.Set, recorder metrics.Tee, files *study.Output) error {
	server, err := s.server(e, p, recorder)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if !s.quiet {
		fmt.Fprintf(c.ErrOrStderr(), "serving %s at http://%s until Ctrl-C\n", s.name, listener.Addr())
	}
	if err := s.listen(c.Context(), server, listener); err != nil {
		return failure{err}
	}
	var r *metrics.Report
	server.Observe(func() { r = set.Report() })
	clients := []assumption{{"clients", "from outside, not the workload"}}
	if s.faults.Errors > 0 || s.faults.Cuts > 0 {
		failed, cut := server.Struck()
		r.Rows = append(r.Rows, metrics.Row{Group: "on_purpose", Name: "errors", Value: failed}, metrics.Row{Group: "on_purpose", Name: "cuts", Value: cut})
		clients = append(clients, assumption{"on purpose", fmt.Sprintf("%d requests answered by 503, which are not counted above, and %d streams cut off", failed, cut)})
	}
	text := summary(p, r)
	if files != nil {
		if err := files.Keep(text); err != nil {
			return failure{err}
		}
	}
	if !s.json {
		var b bytes.Buffer
		page{&b, r}.print(slices.Concat(clients, assumptions(p)))
		text = b.Bytes()
	}
	return write(c, text)
}

// cores returns how many cores serve uses: half of them, unless the user says otherwise.
// A thousand events that are due at once would take all, and a client on the same machine
// would read them late.
func cores() int {
	if os.Getenv("GOMAXPROCS") != "" {
		return runtime.GOMAXPROCS(0)
	}
	return max(1, runtime.NumCPU()/2)
}

// listen serves until ctx is done.
func (s *serving) listen(ctx context.Context, server *twin.Server, l net.Listener) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores()))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Run(ctx)
	}()
	err := server.Serve(ctx, l)
	stop()
	<-done
	return err
}

func (s *serving) server(e *study.Experiment, p *study.Plan, recorder metrics.Recorder) (*twin.Server, error) {
	if s.name == "" {
		s.name = p.Deployment.Model.Name
	}
	config, err := p.Serve(recorder)
	if err != nil {
		return nil, err
	}
	for i := range config.Pools {
		written := e.Scheduler.MaxOutputTokens
		if len(e.Pools) > 0 {
			written = e.Pools[i].Scheduler.MaxOutputTokens
		}
		if written == nil {
			config.Pools[i].MaxOutputTokens = config.Pools[i].MaxModelLen // not that of a workload that is not played
		}
	}
	o := twin.Options{
		Model: s.name, Speed: s.speed, Tenants: slices.Sorted(maps.Keys(p.Survey.Tenants)),
		Faults: s.faults, Random: workloads.Stream(e.Seed, "faults"), Stamp: s.stamp,
	}
	if s.ended {
		o.Output = replies(config.Source)
	}
	return twin.New(config, o)
}

// replies returns the lengths of replies of a workload, over and over.
func replies(source workloads.Source) func() int {
	var all []int
	for r, ok := source.Next(); ok && len(all) < 1<<16; r, ok = source.Next() {
		all = append(all, r.OutputTokens)
	}
	next := 0
	return func() int {
		next++
		return all[(next-1)%len(all)]
	}
}
