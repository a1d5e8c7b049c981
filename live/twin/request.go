package twin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A completionRequest is the body of a request, of either kind of completion. Fields
// that make no difference to time are ignored.
type completionRequest struct {
	Model               string          `json:"model"`
	Prompt              json.RawMessage `json:"prompt"`
	Messages            []message       `json:"messages"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	N                   *int            `json:"n"`
	Stream              bool            `json:"stream"`
	User                string          `json:"user"`
	IgnoreEOS           bool            `json:"ignore_eos"`
	StreamOptions       struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type message struct {
	Content json.RawMessage `json:"content"`
}

// Limits on requests.
const (
	bodyBytes   = 16 << 20
	headerBytes = 1 << 16
)

// A refusal is the error of a request, and its HTTP status.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// body returns the error object that clients are told.
func (r refusal) body() map[string]any {
	return map[string]any{"error": map[string]any{"message": r.text, "type": http.StatusText(r.status), "code": r.status}}
}

// readRequest reads a request and counts the tokens of its prompt.
func readRequest(w http.ResponseWriter, r *http.Request, model string) (q completionRequest, promptTokens int, err error) {
	if err := readJSON(w, r, &q); err != nil {
		return q, 0, err
	}
	if err := q.isFor(model); err != nil {
		return q, 0, err
	}
	switch {
	case q.N != nil && *q.N != 1:
		return q, 0, refusal{http.StatusBadRequest, fmt.Sprintf("n: %d (must be 1)", *q.N)}
	case q.max() != nil && *q.max() < 1:
		return q, 0, refusal{http.StatusBadRequest, fmt.Sprintf("max_tokens: %d (must be at least 1)", *q.max())}
	}
	if promptTokens, err = q.promptTokens(); err == nil && promptTokens == 0 {
		err = errors.New("the prompt is empty")
	}
	if err != nil {
		return q, 0, refusal{http.StatusBadRequest, err.Error()}
	}
	return q, promptTokens, nil
}

// isFor checks that a request names the model that is served, if any.
func (q *completionRequest) isFor(model string) error {
	if q.Model != "" && q.Model != model {
		return refusal{http.StatusNotFound, fmt.Sprintf("model: %q is not served here (have %q)", q.Model, model)}
	}
	return nil
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytes))
	if errors.As(err, new(*http.MaxBytesError)) {
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is too long (must be at most %d bytes)", bodyBytes)}
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return refusal{http.StatusBadRequest, "the body cannot be read: " + err.Error()}
	}
	return nil
}

// max returns the most tokens of the reply, nil if the client sets no bound.
func (q *completionRequest) max() *int {
	if q.MaxCompletionTokens != nil {
		return q.MaxCompletionTokens
	}
	return q.MaxTokens
}

// promptTokens counts a prompt: token ids as they are, and a token for each word.
func (q *completionRequest) promptTokens() (n int, err error) {
	if q.Messages == nil {
		return countPrompt(q.Prompt)
	}
	for _, m := range q.Messages {
		text, err := contentOf(m.Content)
		if err != nil {
			return 0, err
		}
		n += words(text)
	}
	return n, nil
}

func countPrompt(prompt json.RawMessage) (int, error) {
	var text string
	if json.Unmarshal(prompt, &text) == nil {
		return words(text), nil
	}
	var ids []int
	if json.Unmarshal(prompt, &ids) == nil {
		return len(ids), nil
	}
	var several []json.RawMessage
	if json.Unmarshal(prompt, &several) == nil && len(several) == 1 {
		return countPrompt(several[0])
	}
	return 0, errors.New("prompt: must be a string or a list of token ids, and one only")
}

// contentOf returns the text of a message: a string, or parts with text.
func contentOf(content json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text, nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(content, &parts); err != nil {
		return "", errors.New("messages: content must be a string, or a list of parts with text")
	}
	for _, p := range parts {
		text += p.Text + " "
	}
	return text, nil
}

func words(text string) (n int) {
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}
