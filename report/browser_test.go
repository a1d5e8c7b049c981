package report

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A browser is a headless Chromium that is driven over a pipe.
type browser struct {
	t       *testing.T
	in, out *os.File
	session string
	last    int
	buffer  []byte
	events  []event
}

type event struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium: scripts/browser-test installs it")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir())
	c.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: in, out: out}
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		stop := time.AfterFunc(10*time.Second, func() { c.Process.Kill() })
		c.Wait()
		stop.Stop()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) send(method string, params map[string]any) int {
	b.last++
	m := map[string]any{"id": b.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" && method != "Browser.close" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.in.Write(append(text, 0))
	return b.last
}

// call sends a command and waits for its result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	id := b.send(method, params)
	for {
		e := b.next()
		if e.ID != id {
			b.events = append(b.events, e)
			continue
		}
		if e.Error != nil {
			b.t.Fatalf("%s: %s", method, e.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(e.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// next returns the next message.
func (b *browser) next() (e event) {
	for {
		if end := strings.IndexByte(string(b.buffer), 0); end >= 0 {
			if err := json.Unmarshal(b.buffer[:end], &e); err != nil {
				b.t.Fatal(err)
			}
			b.buffer = b.buffer[end+1:]
			return e
		}
		chunk := make([]byte, 1<<16)
		n, err := b.out.Read(chunk)
		if err != nil {
			b.t.Fatal("the browser has gone: ", err)
		}
		b.buffer = append(b.buffer, chunk[:n]...)
	}
}

// open loads a file and waits until it is there.
func (b *browser) open(file string) { b.visit("file://" + file) }

// visit loads a page and waits until it is there.
func (b *browser) visit(url string) {
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	for _, e := range b.events {
		if e.Method == "Page.loadEventFired" {
			return
		}
	}
	for e := b.next(); e.Method != "Page.loadEventFired"; e = b.next() {
		b.events = append(b.events, e)
	}
}

// eval returns what an expression, or the promise that it is, gives, as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %v", expression, r.ExceptionDetails)
	}
	return fmt.Sprint(r.Result.Value)
}

// complaints returns what went wrong, and every request but for the page itself.
func (b *browser) complaints() (all []string) {
	for _, e := range b.events {
		switch e.Method {
		case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
			all = append(all, e.Method+" "+string(e.Params))
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			json.Unmarshal(e.Params, &p)
			if !strings.HasPrefix(p.Request.URL, "file://") && !strings.HasPrefix(p.Request.URL, "data:") {
				all = append(all, "a request for "+p.Request.URL)
			}
		}
	}
	return all
}

// screenshot returns the number of colours on the screen, of points ten apart,
// and keeps the picture where SCREENSHOTS says.
func (b *browser) screenshot(name string) int {
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		text, _ := base64.StdEncoding.DecodeString(shot.Data)
		os.WriteFile(filepath.Join(folder, name+".png"), text, 0o666)
	}
	picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(shot.Data)))
	if err != nil {
		b.t.Fatal(err)
	}
	colors := map[any]bool{}
	for x := 0; x < picture.Bounds().Dx(); x += 10 {
		for y := 0; y < picture.Bounds().Dy(); y += 10 {
			colors[picture.At(x, y)] = true
		}
	}
	return len(colors)
}

// textsApart fails where two texts of a chart lie over each other.
func (b *browser) textsApart() {
	b.t.Helper()
	over := b.eval(`[...document.querySelectorAll(".chart > svg")].flatMap(svg => {
		const all = [...svg.querySelectorAll("text")].map(t => ({name: t.textContent, box: t.getBoundingClientRect()})).filter(t => t.box.width);
		const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
		return all.flatMap((a, i) => all.slice(i + 1).filter(b => meet(a.box, b.box)).map(b => a.name + " and " + b.name));
	}).join("; ")`)
	if over != "" {
		b.t.Errorf("texts of charts lie over each other: %s", over)
	}
}

// fitsPhone makes the page as narrow as a phone, and fails if it is wider.
func (b *browser) fitsPhone() {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 380, "height": 800, "deviceScaleFactor": 1, "mobile": true}, nil)
	b.eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))`) // charts are drawn again before a frame
	if over := b.eval(`document.documentElement.scrollWidth`); over != "380" {
		b.t.Errorf("on a phone 380 wide the page is %s wide", over)
	}
	b.textsApart()
}
