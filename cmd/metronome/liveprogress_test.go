package main

import (
	"strings"
	"testing"
	"time"

	"metronome/live"
	"metronome/metrics"
	"metronome/workloads"
)

func TestProgressTellsOfAnEndpointThatStalls(t *testing.T) {
	p := &liveProgress{pulse: live.NewPulse()}
	p.sending()
	p.sending()
	if line := p.line(time.Now()); line != "2 sent, 2 in flight (0 streaming), 0 done, 0 failed" {
		t.Errorf("%q", line)
	}
	if line := p.line(time.Now().Add(7500 * time.Millisecond)); !strings.HasSuffix(line, "0 failed; nothing came for 7 s") {
		t.Errorf("%q", line)
	}
	at := []time.Duration{50 * time.Millisecond, 60 * time.Millisecond}
	p.ended(&metrics.Completion{Request: workloads.Request{OutputTokens: 2}, Own: at})
	p.ended(&metrics.Completion{Outcome: metrics.Failed})
	if line := p.line(time.Now().Add(time.Hour)); line != "2 sent, 0 in flight (0 streaming), 1 done, 1 failed; TTFT 50/50; TBT 10/10 ms" {
		t.Errorf("%q", line)
	}
}
