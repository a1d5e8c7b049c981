package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoClients is an experiment of a modest client beside one that asks for more than the
// replica serves.
const twoClients = `
[workload]
requests = 40
prompt = {distribution = "fixed", value = 64}
output = {distribution = "fixed", value = 32}

[scheduler]
policy = "vtc"
max_sequences = 2

[[tenant]]
name = "light"
workload.requests = 6
workload.arrivals = {process = "constant", rate = 4}
slo.tbt = "100ms"

[[tenant]]
name = "heavy"
workload.requests = 60
workload.arrivals = {process = "constant", rate = 60}
`

// Tenants keep their names on the way to the served twin, whose policy treats them
// accordingly, and both reports have a table of them.
func TestTenantsAreToldApart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "two.toml")
	if err := os.WriteFile(file, []byte(twoClients), 0o666); err != nil {
		t.Fatal(err)
	}
	url, stop := serveInBackground(t, file, "--json")
	folder := filepath.Join(t.TempDir(), "run")
	out, _ := command(t, 0, "live", file, "--url", url, "--model", "llama-3.1-8b", "--json", "--quiet", "--out", folder)
	for _, body := range []string{`{"prompt":"a","max_tokens":1,"user":"light"}`, `{"prompt":"a","max_tokens":1,"user":"nobody knows"}`} {
		r, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	r, err := http.NewRequest(http.MethodPost, url+"/v1/completions", strings.NewReader(`{"prompt":"a","max_tokens":1,"user":"light"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-gateway-inference-fairness-id", "heavy") // goes before the user
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != 200 {
		t.Fatalf("%v, %v", answer, err)
	}
	told, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(told.Body)
	told.Body.Close()
	measured, simulated := reportOf(t, out).Tenants, reportOf(t, stop()).Tenants
	for name, n := range map[string]int{"light": 6, "heavy": 60} {
		if m, s := measured[name], simulated[name]; m.Requests != n || m.Finished != n || s.Finished != n+1 {
			t.Errorf("%s: %+v measured, %+v simulated (want %d requests)", name, m, s, n)
		}
	}
	if others := simulated["none"].Finished; others != 2 { // the one above, and the one that asks how prompts are counted
		t.Errorf("%d requests of nobody who is known (want 2)", others)
	}
	for _, r := range []map[string]tenantReport{measured, simulated} {
		if r["light"].TTFT > r["heavy"].TTFT/2 {
			t.Errorf("the light client waits %v ms, the heavy one %v (want less than half of it)", r["light"].TTFT, r["heavy"].TTFT)
		}
	}
	if !strings.Contains(string(text), `metronome:tenant_requests_total{outcome="finished",tenant="heavy"} 61`) {
		t.Errorf("/metrics says %s", text)
	}
	scored, _ := command(t, 0, "score", filepath.Join(folder, "tokens.jsonl.gz"), "--json")
	if again := reportOf(t, scored).Tenants; again["light"] != measured["light"] || again["heavy"] != measured["heavy"] {
		t.Errorf("scored again: %+v (want %+v)", again, measured)
	}
	for _, source := range []string{"workload.trace=" + filepath.Join(folder, "trace.csv"), "seed=1"} {
		args := []string{"simulate", "--json", "--set", source}
		if source == "seed=1" {
			args = []string{"simulate", "--json", filepath.Join(folder, "experiment.toml")}
		}
		played, _ := command(t, 0, args...)
		if again := reportOf(t, played).Tenants; again["light"].Finished != 6 || again["heavy"].Finished != 60 {
			t.Errorf("played again: %+v", again)
		}
	}
}

// What fails at the served twin by the faults of its experiment, both reports count
// alike, and nobody waits for what is lost.
func TestFaultsAreCountedOnBothSides(t *testing.T) {
	url, stop := serveInBackground(t, "--json", "--set", "deployment.replicas=2", "--set", "faults.mtbf=300ms", "--set", "faults.repair=20ms", "--set", "faults.on_crash=fail")
	out, errs := command(t, 0, "live", "--url", url, "--model", "llama-3.1-8b", "--json", "--set", "workload.requests=40", "--set", "workload.arrivals.rate=40",
		"--set", "workload.output.distribution=fixed", "--set", "workload.output.value=60")
	measured, simulated := reportOf(t, out).Requests, reportOf(t, stop()).Requests
	if measured.Arrived != 40 || measured.Failed == 0 || measured.Finished+measured.Failed != 40 || !strings.Contains(errs, "its replica has crashed") {
		t.Errorf("measured %+v: %s", measured, errs)
	}
	if probes := simulated.Arrived - 40; simulated.Failed < measured.Failed || simulated.Failed > measured.Failed+probes || simulated.Finished > measured.Finished+probes {
		t.Errorf("%+v simulated, %+v measured", simulated, measured)
	}
}
