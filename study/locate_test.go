package study

import "testing"

func TestPlacesAreLines(t *testing.T) {
	text := "seed = 1\n\n[workload]\nrequests = 5\narrivals = {rate = 2,\n process = \"poisson\"}\n[slo]\ntbt = '''25ms'''\nprefill = [\n [1, \"1ms\"],\n]\n"
	d, err := ParseDraft("e.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"seed": "e.toml:1", "workload": "e.toml:3", "workload.requests": "e.toml:4", "workload.arrivals.rate": "e.toml:5",
		"slo.tbt": "e.toml:8", "slo.prefill": "e.toml:9", "slo.nothing": "e.toml:7", "nothing": "",
	} {
		if got := d.place(key); got != want {
			t.Errorf("%s is at %q, not %q", key, got, want)
		}
	}
}
