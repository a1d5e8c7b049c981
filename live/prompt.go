package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// A Prompter makes prompts of a wanted length in tokens. They are random but for how they
// begin: no two of a hundred requests in a row have a beginning in common that a server
// could have cached, or choose a place in its cache by.
type Prompter struct {
	Way string // how lengths are met: one of the ways below

	ids     bool
	base    float64 // tokens of a prompt without words
	perWord float64 // tokens
}

// The ways of meeting a length.
const (
	WayIDs        = "token ids"
	WayTokenize   = "words, counted by /tokenize"
	WayCalibrated = "words, calibrated by two requests"
)

// Short words of common English, which vocabularies hold whole behind a blank.
var words = strings.Fields(`the and for are but not you all any can had her was one our out day get has him his how man new
	now old see two way who boy did its let put say she too use act add age ago air arm art ask bad bag bar bed big bit box
	buy car cat cup cut dog dry due eat egg end eye far few fit fly fun gas got gun guy hit hot ice job key kid law lay leg
	lie lot low map may men met mix off oil own pay per pop pot red run sea set sit six sky son sun tax tea ten tie top
	try van via war wet win yes yet`)

// Token ids that are ordinary tokens in vocabularies of any size.
const leastID, mostID = 1000, 9000

// Prompt returns the prompt, text or ids, of a request by its number, so many tokens long.
func (p *Prompter) Prompt(tokens, number int, random *rand.Rand) any {
	if !p.ids {
		return text(p.count(tokens), number, random)
	}
	ids := make([]int, tokens)
	for i := range ids {
		ids[i] = leastID + random.IntN(mostID-leastID)
	}
	if tokens > 0 {
		ids[0] = leastID + number%(mostID-leastID)
	}
	return ids
}

// count returns how many words come nearest to a number of tokens.
func (p *Prompter) count(tokens int) int {
	return max(1, int(math.Round((float64(tokens)-p.base)/p.perWord)))
}

// text returns words, all of them random but the first.
func text(count, number int, random *rand.Rand) string {
	var b strings.Builder
	b.Grow(5 * count)
	word := words[number%len(words)]
	for range count {
		b.WriteByte(' ')
		b.WriteString(word)
		word = words[random.IntN(len(words))]
	}
	return b.String()
}

// The prompts that calibrate, in words.
const fewWords, manyWords = 16, 272

// Prompts finds out how an endpoint takes prompts of an exact length: as token ids
// where it does, else as text by its count of words. It sends up to three requests.
func Prompts(ctx context.Context, e *Endpoint, random *rand.Rand) (*Prompter, error) {
	if !e.Chat {
		ids := &Prompter{Way: WayIDs, ids: true}
		if n, err := e.promptTokens(ctx, ids.Prompt(fewWords, 0, random)); err == nil && n == fewWords {
			return ids, nil
		}
	}
	few, err := e.countWords(ctx, fewWords, random)
	if err == nil {
		many, err := e.countWords(ctx, manyWords, random)
		if err == nil {
			return calibrated(WayTokenize, few, many)
		}
	}
	few, err = e.promptTokens(ctx, text(fewWords, 0, random))
	if err != nil {
		return nil, err
	}
	many, err := e.promptTokens(ctx, text(manyWords, 0, random))
	if err != nil {
		return nil, err
	}
	return calibrated(WayCalibrated, few, many)
}

// calibrated draws a line through the tokens of two prompts.
func calibrated(way string, few, many int) (*Prompter, error) {
	p := &Prompter{Way: way, perWord: float64(many-few) / (manyWords - fewWords)}
	p.base = float64(few) - p.perWord*fewWords
	if !(p.perWord > 0.1 && p.perWord < 100) {
		return nil, fmt.Errorf("live: prompts of %d and %d words have %d and %d tokens (the endpoint must count prompt tokens in usage)",
			fewWords, manyWords, few, many)
	}
	return p, nil
}

// probeTimeout bounds requests that find out about an endpoint.
const probeTimeout = 2 * time.Minute

// promptTokens returns how many tokens the endpoint counts in a prompt.
func (e *Endpoint) promptTokens(ctx context.Context, prompt any) (int, error) {
	body, err := e.body(prompt, 1, "")
	if err != nil {
		return 0, err
	}
	start := time.Now()
	s := newSender(e, probeTimeout, func() time.Duration { return time.Since(start) })
	x := &Exchange{AskedOutput: 1}
	s.decode(x, s.send(ctx, x, body))
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if x.Failure != "" && x.Failure != failEmpty {
		return 0, fmt.Errorf("live: the endpoint does not complete a prompt: %s: %s", x.Failure, x.Note)
	}
	if !x.Counted {
		return 0, errors.New("live: the endpoint does not count prompt tokens (it must send usage, as stream_options.include_usage asks)")
	}
	return x.PromptTokens, nil
}

// countWords asks /tokenize how many tokens random words are.
func (e *Endpoint) countWords(ctx context.Context, count int, random *rand.Rand) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	ask := map[string]any{"model": e.Model, "prompt": text(count, 0, random)}
	if e.Chat {
		ask = map[string]any{"model": e.Model, "messages": []any{map[string]any{"role": "user", "content": ask["prompt"]}}}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.root+"/tokenize", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Count int `json:"count"`
	}
	if err := e.fetch(r, 1<<20, func(in io.Reader) error { return json.NewDecoder(in).Decode(&answer) }); err != nil {
		return 0, err
	}
	if answer.Count <= 0 || answer.Count > mostPromptTokens {
		return 0, fmt.Errorf("live: /tokenize counts %d", answer.Count)
	}
	return answer.Count, nil
}

// fetch sends a request and hands over the first bytes of a good answer.
func (e *Endpoint) fetch(r *http.Request, most int64, read func(io.Reader) error) error {
	e.authorize(r)
	response, err := e.client.Do(r)
	if err != nil {
		return errors.New(e.note(err.Error()))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "" {
		return fmt.Errorf("HTTP %d", response.StatusCode)
	}
	return read(io.LimitReader(response.Body, most))
}
