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

// A message is the data of an event, of either kind of completion.
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
	WriteNS int64           `json:"metronome_written_ns"` // Unix time at which a served twin wrote it
}

// A reply is what the events of a stream say.
type reply struct {
	chunks   []Chunk
	counted  []int // completion tokens by the time of each chunk, where the server tells; else 0
	usage    *Usage
	finished bool // the server gave a reason to finish
	written  []int64
}

// A serverError is an error object in a stream that began with success.
type serverError struct{ text string }

func (e serverError) Error() string { return e.text }

var errMalformed = errors.New("malformed event")

// add decodes an event that was read at a time.
func (r *reply) add(at int64, data []byte) error {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("%w: %s", errMalformed, data[:min(len(data), 80)])
	}
	if len(m.Error) > 0 && string(m.Error) != "null" {
		return serverError{string(m.Error)}
	}
	for _, c := range m.Choices {
		r.finished = r.finished || c.FinishReason != ""
		d := c.Delta
		size, channel := len(c.Text)+len(d.Content), Text
		if n := len(d.ReasoningContent) + len(d.Reasoning); size == 0 && n > 0 {
			size, channel = n, Reasoning
		}
		if n := rawLength(d.ToolCalls); size == 0 && n > 0 {
			size, channel = n, Tool
		}
		if size == 0 {
			continue // a role, or the reason to finish, alone
		}
		r.chunks = append(r.chunks, Chunk{At: at, Bytes: size, Channel: channel})
		r.counted = append(r.counted, 0)
		r.written = append(r.written, m.WriteNS)
		if m.Usage != nil {
			r.counted[len(r.counted)-1] = m.Usage.CompletionTokens
		}
	}
	if m.Usage != nil && (m.Usage.CompletionTokens > 0 || m.Usage.PromptTokens > 0) {
		r.usage = m.Usage
	}
	return nil
}

func rawLength(calls []json.RawMessage) (n int) {
	for _, c := range calls {
		n += len(c)
	}
	return n
}
