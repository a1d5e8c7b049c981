package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"metronome": main})
}

// TestScripts runs testdata/*.txtar: what a user types, and what must come of
// it. Scripts that play recorded traces are skipped where there are none.
func TestScripts(t *testing.T) {
	traces, err := filepath.Abs("../../../shared/data/traces")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TRACES", traces)
			return nil
		},
		Condition: func(name string) (bool, error) {
			_, err := os.Stat(traces)
			return name == "traces" && err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refused": refused, "narrow": narrow, "figure": figureIs, "samefigures": sameFigures, "await": await, "windows": windows,
		},
	})
}

// refused REGEXP COMMAND… runs a command that must end with exit code 2, print
// exactly one line to stderr, which matches, and nothing to stdout.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	switch {
	case neg:
		ts.Fatalf("refused cannot be negated")
	case err == nil || err.Error() != "exit status 2":
		ts.Fatalf("ended with %v (must be exit status 2)", err)
	case stdout != "":
		ts.Fatalf("partial output: %s", stdout)
	case strings.Count(stderr, "\n") != 1:
		ts.Fatalf("stderr is not one line")
	case !regexp.MustCompile(args[0]).MatchString(stderr):
		ts.Fatalf("stderr does not match %q", args[0])
	}
}

// await PATTERN waits until a file matches.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for {
		files, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(files) > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// windows FILE gives a file a byte order mark and the line ends of Windows, and
// takes away the last of them.
func windows(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.ReplaceAll(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n", "\r\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("\ufeff"+text), 0o666))
}

// narrow FILE checks that no line is wider than a terminal.
func narrow(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			ts.Fatalf("%d columns: %s", n, line)
		}
	}
}

// figure FILE KEY… checks that a JSON file has the keys, and figure FILE
// KEY=VALUE that it has the value. A key such as latency.ttft_ms.p99 reaches
// into objects.
func figureIs(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args[1:] {
		key, want, valued := strings.Cut(arg, "=")
		value, ok := figureOf(ts, args[0], key)
		if found := ok && (!valued || value == want); found == neg {
			ts.Fatalf("%s is %s", arg, value)
		}
	}
}

// samefigures A B KEY… checks that two JSON files have the same under the keys.
func sameFigures(ts *testscript.TestScript, _ bool, args []string) {
	for _, key := range args[2:] {
		a, ok := figureOf(ts, args[0], key)
		if b, _ := figureOf(ts, args[1], key); !ok || a != b {
			ts.Fatalf("%s is %s and %s", key, a, b)
		}
	}
}

// figureOf returns the JSON under a key of a file.
func figureOf(ts *testscript.TestScript, file, key string) (text string, ok bool) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &value))
	for name := range strings.SplitSeq(key, ".") {
		object, _ := value.(map[string]any)
		if value, ok = object[name]; !ok {
			return "", false
		}
	}
	b, err := json.Marshal(value)
	ts.Check(err)
	return string(b), true
}
