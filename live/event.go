package live

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A Channel says what a piece of a reply is meant for.
type Channel string

// The channels of a reply.
const (
	Text      Channel = "text"
	Reasoning Channel = "reasoning"
	Tool      Channel = "tool"
)

// A Chunk is a piece of a reply.
type Chunk struct {
	At      int64   `json:"at_ns"` // since the start of the session, as all times
	Bytes   int     `json:"bytes"` // of text
	Channel Channel `json:"channel"`
	Tokens  int     `json:"tokens"` // as far as is known; see tokens
}

// A Usage is the server's own count of tokens.
type Usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

// An event is what matters of the data of an event, of either kind of completion.
type event struct {
	choices  []piece
	finished bool // there is a reason to finish
	counted  bool // usage is there
	usage    Usage
	written  int64 // Unix time in ns at which a served twin wrote it; 0 if it does not say
}

// A piece is what a choice adds to the reply, in bytes by channel.
type piece struct{ text, reasoning, tools int }

// chunk returns how much it is, and of which channel.
func (p piece) chunk() (size int, channel Channel) {
	switch {
	case p.text > 0:
		return p.text, Text
	case p.reasoning > 0:
		return p.reasoning, Reasoning
	}
	return p.tools, Tool
}

// read reads an event in whatever way servers write it.
func (e *event) read(data []byte) error {
	*e = event{choices: e.choices[:0]}
	if scan(data, e) {
		return nil
	}
	*e = event{choices: e.choices[:0]}
	return e.decode(data)
}

// A message is an event as encoding/json reads it.
type message struct {
	Choices []struct {
		Text  string `json:"text"`
		Delta struct {
			Content          string            `json:"content"`
			ReasoningContent string            `json:"reasoning_content"`
			Reasoning        string            `json:"reasoning"`
			ToolCalls        []json.RawMessage `json:"tool_calls"`
		} `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage   *Usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
	WriteNS int64           `json:"metronome_written_ns"`
}

// decode reads an event by encoding/json.
func (e *event) decode(data []byte) error {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("%w: %s", errMalformed, data[:min(len(data), 80)])
	}
	if len(m.Error) > 0 && string(m.Error) != "null" {
		return serverError{string(m.Error)}
	}
	for _, c := range m.Choices {
		e.finished = e.finished || c.FinishReason != ""
		d := c.Delta
		e.choices = append(e.choices, piece{len(c.Text) + len(d.Content), len(d.ReasoningContent) + len(d.Reasoning), rawLength(d.ToolCalls)})
	}
	if m.Usage != nil {
		e.counted, e.usage = true, *m.Usage
	}
	e.written = m.WriteNS
	return nil
}

// A reply is what the events of a stream say.
type reply struct {
	chunks   []Chunk
	counted  []int // completion tokens by the time of each chunk, where the server tells; else 0
	usage    *Usage
	finished bool // the server gave a reason to finish
	written  []int64
	event    event // the latest
}

// newReply returns an empty reply with room for chunks.
func newReply(chunks int) *reply {
	return &reply{chunks: make([]Chunk, 0, chunks), counted: make([]int, 0, chunks), written: make([]int64, 0, chunks)}
}

// A serverError is an error object in a stream that began with success.
type serverError struct{ text string }

func (e serverError) Error() string { return e.text }

var errMalformed = errors.New("malformed event")

// add adds an event that was read at a time.
func (r *reply) add(at int64, data []byte) error {
	e := &r.event
	if err := e.read(data); err != nil {
		return err
	}
	r.finished = r.finished || e.finished
	for _, p := range e.choices {
		size, channel := p.chunk()
		if size == 0 {
			continue // a role, or the reason to finish, alone
		}
		r.chunks = append(r.chunks, Chunk{At: at, Bytes: size, Channel: channel})
		r.counted = append(r.counted, e.usage.CompletionTokens)
		r.written = append(r.written, e.written)
	}
	if e.counted && (e.usage.CompletionTokens > 0 || e.usage.PromptTokens > 0) {
		if r.usage == nil {
			r.usage = new(Usage)
		}
		*r.usage = e.usage
	}
	return nil
}

func rawLength(calls []json.RawMessage) (n int) {
	for _, c := range calls {
		n += len(c)
	}
	return n
}
