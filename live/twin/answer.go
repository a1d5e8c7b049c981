package twin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"metronome/metrics"
)

// A format is what the two kinds of completion differ in.
type format struct {
	id, object, chunk string
	delta             func(text string) string // as part of a choice of a chunk
	whole             func(text string) string // as part of a choice of a whole reply
}

var (
	textFormat = format{
		"cmpl", "text_completion", "text_completion",
		func(text string) string { return `"text":"` + text + `"` },
		func(text string) string { return `"text":"` + text + `"` },
	}
	chatFormat = format{
		"chatcmpl", "chat.completion", "chat.completion.chunk",
		func(text string) string { return `"delta":{"content":"` + text + `"}` },
		func(text string) string { return `"message":{"role":"assistant","content":"` + text + `"}` },
	}
)

// word is the text of every token.
const word = " tick"

// An answer writes what a stream brings.
type answer struct {
	server  *Server
	stream  *stream
	request *completionRequest
	format  format
	w       http.ResponseWriter
	control *http.ResponseController
	prompt  int // tokens
	cutAt   int // tokens after which the stream is cut off; 0 is never

	head   []byte // of an event, up to the choice
	token  []byte // the rest of an event that is not the last
	buffer []byte
	sent   int // tokens
	due    time.Time
}

// write writes the answer until it is whole or the client is gone.
func (a *answer) write(ctx context.Context) {
	stop := context.AfterFunc(ctx, a.stream.signal) // one channel costs less than two
	defer stop()
	for {
		<-a.stream.wake
		if ctx.Err() != nil {
			return
		}
		over := a.stream.over.Load() // before the tokens, which are all there then
		tokens := int(a.stream.tokens.Load())
		if over && a.stream.outcome != metrics.Finished {
			a.fail(tokens)
			return
		}
		if a.request.Stream && !a.events(tokens, over) {
			return
		}
		if over {
			a.end(tokens)
			return
		}
	}
}

// events writes the tokens that are new, an event each. It reports whether the stream
// goes on.
func (a *answer) events(tokens int, over bool) bool {
	if a.sent == 0 && tokens > 0 {
		a.begin()
	}
	a.buffer = a.buffer[:0]
	for ; a.sent < tokens; a.sent++ {
		if a.cutAt > 0 && a.sent == a.cutAt {
			a.server.cuts.Add(1)
			a.flush() // so that the client has read half of it
			panic(http.ErrAbortHandler)
		}
		a.buffer = append(a.buffer, a.head...)
		if a.server.options.Stamp {
			a.buffer = append(a.buffer, `"metronome_written_ns":`...)
			a.buffer = strconv.AppendInt(a.buffer, time.Now().UnixNano(), 10)
			a.buffer = append(a.buffer, ',')
		}
		if over && a.sent == tokens-1 {
			a.buffer = append(a.buffer, a.choice(strconv.Quote(a.reason(tokens)))...)
		} else {
			a.buffer = append(a.buffer, a.token...)
		}
	}
	return a.flush()
}

// fail tells why a request was not served: by the status if nothing has been said yet,
// else behind the tokens that there are.
func (a *answer) fail(tokens int) {
	why := status(a.stream.outcome, a.stream.reason)
	if tokens == 0 || !a.request.Stream {
		refuse(a.w, why)
		return
	}
	if !a.events(tokens, false) {
		return
	}
	text, err := json.Marshal(why.body())
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	a.buffer = fmt.Appendf(a.buffer[:0], "data: %s\n\ndata: [DONE]\n\n", text)
	a.flush()
}

// begin writes what precedes the first event.
func (a *answer) begin() {
	h := a.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	a.w.WriteHeader(http.StatusOK)
	a.head = fmt.Appendf(nil, `data: {"id":"%s-%d","object":%q,"created":%d,"model":%s,`,
		a.format.id, a.stream.id, a.format.chunk, a.server.start.Unix(), a.server.model)
	a.token = []byte(a.choice("null"))
}

// choice returns the end of an event of a token, which is the last for a reason.
func (a *answer) choice(reason string) string {
	return `"choices":[{"index":0,` + a.format.delta(word) + `,"logprobs":null,"finish_reason":` + reason + "}]}\n\n"
}

// flush sends the buffer. It reports whether the client was there to take it.
func (a *answer) flush() bool {
	patience := a.server.options.Patience.Write         // at least half of it
	if now := time.Now(); a.due.Sub(now) < patience/2 { // now and then: a deadline costs more than an event
		a.due = now.Add(patience)
		a.control.SetWriteDeadline(a.due)
	}
	_, err := a.w.Write(a.buffer)
	return err == nil && a.control.Flush() == nil
}

// end writes what follows the last token, or all of a reply that is not streamed.
func (a *answer) end(tokens int) {
	usage := fmt.Sprintf(`"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}`, a.prompt, tokens, a.prompt+tokens)
	if a.request.Stream {
		a.buffer = a.buffer[:0]
		if a.request.StreamOptions.IncludeUsage {
			a.buffer = fmt.Appendf(a.buffer, "%s\"choices\":[],%s}\n\n", a.head, usage)
		}
		a.buffer = append(a.buffer, "data: [DONE]\n\n"...)
		a.flush()
		return
	}
	text := make([]byte, 0, tokens*len(word))
	for range tokens {
		text = append(text, word...)
	}
	a.w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(a.w, `{"id":"%s-%d","object":%q,"created":%d,"model":%s,"choices":[{"index":0,%s,"logprobs":null,"finish_reason":%q}],%s}`+"\n",
		a.format.id, a.stream.id, a.format.object, a.server.start.Unix(), a.server.model,
		a.format.whole(string(text)), a.reason(tokens), usage)
}

// reason returns why a reply ended.
func (a *answer) reason(tokens int) string {
	if most := a.request.max(); most != nil && tokens < *most {
		return "stop"
	}
	return "length"
}
