package live

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"metronome/metrics"
)

// scoring holds decodes to a target that only a slow endpoint misses.
func scoring(requests int) metrics.Options {
	slo := metrics.DefaultSLO()
	slo.TBT = 10 * time.Second
	return metrics.Options{SLO: slo, Requests: requests, Recorded: true}
}

// A run begins no sooner after the one before than the endpoint needs to cool down, the
// first at once, and each says whether the SLO held for what it sent.
func TestTrialsCoolDownAndJudge(t *testing.T) {
	var failing atomic.Bool
	e := serve(t, func(w http.ResponseWriter, q request) {
		if failing.Load() {
			w.WriteHeader(503)
			return
		}
		wellFormed(w, q)
	})
	trials := Trials{CoolDown: 150 * time.Millisecond, MostLag: time.Hour}
	var ended time.Time
	for i, holds := range []bool{true, false, true} {
		failing.Store(!holds)
		told := 0
		s := &Session{Endpoint: e, Prompter: &Prompter{ids: true}, Source: requests(4, 0, 3), Ended: func(*Exchange) { told++ }}
		v, err := trials.Run(t.Context(), s, scoring(4))
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && v.Summary.Start.Sub(ended) < trials.CoolDown {
			t.Errorf("run %d starts %v after the one before (want at least %v)", i, v.Summary.Start.Sub(ended), trials.CoolDown)
		}
		if n, _ := v.Report.Lookup("requests.arrived"); v.Holds != holds || v.Degraded || n != 4 || told != 4 {
			t.Errorf("run %d: holds %v (want %v), degraded %v, %v requests, %d told", i, v.Holds, holds, v.Degraded, n, told)
		}
		ended = v.Summary.Start.Add(v.Summary.Elapsed)
	}
}

// Whether it cools down or loads, a trial that is stopped ends with no verdict.
func TestTrialsCanBeStopped(t *testing.T) {
	e := serve(t, wellFormed)
	session := func() *Session {
		return &Session{Endpoint: e, Prompter: &Prompter{ids: true}, Source: requests(2, 0, 3)}
	}
	trials := Trials{CoolDown: time.Hour}
	if _, err := trials.Run(t.Context(), session(), scoring(2)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, stop)
	if v, err := trials.Run(ctx, session(), scoring(2)); !errors.Is(err, context.Canceled) || v.Report != nil {
		t.Errorf("%+v, %v", v, err)
	}
}
