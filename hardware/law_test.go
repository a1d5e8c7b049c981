package hardware

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A law in the profile of an engine is the time of every iteration, whatever the GPU.
func TestLawOfAnEngineIsItsTime(t *testing.T) {
	fsys := fstest.MapFS{"engines/live.toml": {Data: []byte("title = \"x\"\nsource = \"y\"\n[law]\niteration_us = 1000.0\ndecode_us = 10.0\ncontext_ns = 5.0\nprompt_us = 2.0\npair_ns = 1.0\n")}}
	e, err := OpenEngine(fsys, "live")
	if err != nil {
		t.Fatal(err)
	}
	cost, err := Deployment{Engine: e}.CostModel()
	if err != nil {
		t.Fatal(err)
	}
	s := Shape{Decodes: 3, DecodeContext: 200}
	s.Chunk(100, 0)
	want := 1000*time.Microsecond + 3*10*time.Microsecond + 200*5 + 100*2*time.Microsecond + time.Duration(s.PrefillPairs)
	if got := cost.IterationTime(s); got != want {
		t.Errorf("%v (want %v)", got, want)
	}
	law := *e.Law
	law.LoneMicros = 300
	for want, s := range map[time.Duration]Shape{
		300*time.Microsecond + 10*time.Microsecond + 70*5:  {Decodes: 1, DecodeContext: 70},
		1000*time.Microsecond + 20*time.Microsecond + 70*5: {Decodes: 2, DecodeContext: 70},
		300*time.Microsecond + 2*time.Microsecond + 1:      {Prefills: 1, PrefillTokens: 1, PrefillPairs: 1},
		1000*time.Microsecond + 12*time.Microsecond + 70*5: {Decodes: 1, DecodeContext: 70, Prefills: 1, PrefillTokens: 1},
	} {
		if got := law.IterationTime(s); got != want {
			t.Errorf("%+v takes %v (want %v: a token alone is another case)", s, got, want)
		}
	}
	for _, text := range []string{"[law]\npair_ns = -1.0", "[law]\nnothing = 1.0", "[law]\ndecode_us = nan"} {
		fsys["engines/bad.toml"] = &fstest.MapFile{Data: []byte(text)}
		if _, err := OpenEngine(fsys, "bad"); err == nil || !strings.Contains(err.Error(), "engines/bad.toml") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
