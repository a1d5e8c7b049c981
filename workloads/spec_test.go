package workloads

import (
	"bytes"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

const everyKey = `
trace = "t.csv"
requests = 3
duration = "10m"
time_scale = 0.5
window = ["1m", "20m"]
resample = true
warmup = "5s"
zero = "skip"
timeout = "30s"
max_in_flight = 8
[arrivals]
process = "closed-loop"
users = 2
think = "1s"
[prompt]
distribution = "lognormal"
mean = 1024
[output]
distribution = "empirical"
quantiles = [1, 2, 30]
at = [0, 0.5, 1]
`

func TestSpecDecodesAndEncodesAsTOML(t *testing.T) {
	var s, again Spec
	meta, err := toml.Decode(everyKey, &s)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatal(err, meta.Undecoded())
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	if *s.Arrivals.Think != time.Second || s.Window[1] != 20*time.Minute || *s.Duration != 10*time.Minute {
		t.Errorf("%+v", s)
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(s); err != nil {
		t.Fatal(err)
	}
	if _, err := toml.Decode(b.String(), &again); err != nil || !reflect.DeepEqual(s, again) {
		t.Errorf("%v: %s", err, b.String())
	}
}

// specs are workloads of all kinds, by name.
func specs(t *testing.T) map[string]Spec {
	trace := tenRows(t)
	all := map[string]Spec{
		"default":      {},
		"duration":     {Duration: ptr(time.Minute)},
		"rate":         {Arrivals: ArrivalSpec{Rate: ptr(2.0)}},
		"gamma":        {Arrivals: ArrivalSpec{Process: "gamma"}},
		"prompt":       {Prompt: LengthSpec{Distribution: "fixed", Value: ptr(9)}},
		"lengths":      lengths(1, 2),
		"trace":        {Trace: trace},
		"trace rate":   {Trace: trace, Arrivals: ArrivalSpec{Rate: ptr(2.0)}},
		"trace gamma":  {Trace: trace, Arrivals: ArrivalSpec{Process: "gamma"}},
		"trace prompt": {Trace: trace, Prompt: LengthSpec{Distribution: "fixed", Value: ptr(9)}},
		"stages":       {Arrivals: ArrivalSpec{Stages: []Stage{{Rate: 2, To: ptr(20.0), Duration: 10 * time.Second}, {Rate: 3, Duration: 5 * time.Second}}}},
		"trace stages": {Trace: trace, Arrivals: ArrivalSpec{Stages: []Stage{{Rate: 2, Duration: time.Second}}}},
		"resample":     {Trace: trace, Resample: true, Requests: ptr(35)},
	}
	profiles := os.DirFS("../profiles")
	for _, name := range embeddedNames(profiles) {
		all[name] = Spec{Source: name}
	}
	return all
}

func TestSourcesRepeatThemselves(t *testing.T) {
	o := Options{Seed: 4, Profiles: os.DirFS("../profiles")}
	for name, s := range specs(t) {
		w := open(t, s, o)
		once := draw(t, w)
		if !reflect.DeepEqual(once, draw(t, w)) {
			t.Errorf("%s: drawn twice, it differs", name)
		}
		if !reflect.DeepEqual(once, draw(t, open(t, w.Effective(), o))) {
			t.Errorf("%s: the effective spec gives other requests", name)
		}
		survey, err := w.Survey()
		if err != nil || !reflect.DeepEqual(survey, surveyed(once, survey)) {
			t.Errorf("%s: survey %+v of %d requests (error %v)", name, survey, len(once), err)
		}
		for i, r := range once {
			if r.ID != i || r.PromptTokens < 1 || r.OutputTokens < 1 || i > 0 && r.Arrival < once[i-1].Arrival {
				t.Fatalf("%s: request %d is %+v", name, i, r)
			}
		}
	}
}

func TestSourcesOfOneWorkloadDoNotShareState(t *testing.T) {
	for name, s := range specs(t) {
		w := open(t, s, Options{Profiles: os.DirFS("../profiles")})
		want := draw(t, w)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if !reflect.DeepEqual(draw(t, w), want) {
					t.Errorf("%s: drawn twice at once, it differs", name)
				}
			})
		}
		both.Wait()
	}
}

// surveyed counts requests by hand; what is told of the file is taken over.
func surveyed(all []Request, of Survey) Survey {
	s := Survey{Counted: true, TraceFile: of.TraceFile, SHA256: of.SHA256}
	s.Requests = len(all)
	s.Span = all[len(all)-1].Arrival
	for _, r := range all {
		s.PromptTokens += r.PromptTokens
		s.OutputTokens += r.OutputTokens
		s.LongestPrompt = max(s.LongestPrompt, r.PromptTokens)
		s.LongestOutput = max(s.LongestOutput, r.OutputTokens)
		s.LongestTotal = max(s.LongestTotal, r.PromptTokens+r.OutputTokens)
		if r.Tenant != "" && s.Tenants == nil {
			s.Tenants = map[string]int{}
		}
		if r.Tenant != "" {
			s.Tenants[r.Tenant]++
		}
	}
	return s
}

func TestDefaultIsTheAzureConversation(t *testing.T) {
	w := open(t, Spec{}, Options{Profiles: os.DirFS("../profiles")})
	want := Spec{Source: "azure-conv-2023", Requests: ptr(2000), Arrivals: ArrivalSpec{Process: "poisson", Rate: ptr(6.0)}}
	if got := w.Effective(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestBurstinessOfTheSourceIsTheDefault(t *testing.T) {
	w := open(t, Spec{Source: "azure-code-2023", Arrivals: ArrivalSpec{Process: "gamma"}}, Options{Profiles: os.DirFS("../profiles")})
	e, err := openEmbedded(os.DirFS("../profiles"), "azure-code-2023")
	if err != nil || e.Recorded.CV <= 1 || *w.Effective().Arrivals.CV != e.Recorded.CV {
		t.Errorf("cv %v, recorded %+v (error %v)", *w.Effective().Arrivals.CV, e.Recorded, err)
	}
}

func TestEveryEmbeddedWorkloadIsDescribed(t *testing.T) {
	all, err := Embeddeds(os.DirFS("../profiles"))
	if err != nil || len(all) < 5 {
		t.Fatal(len(all), err)
	}
	for _, e := range all {
		if e.Description == "" || e.Source == "" || e.Licence == "" {
			t.Errorf("%s: description %q, source %q, licence %q", e.Name, e.Description, e.Source, e.Licence)
		}
	}
}
