package live

// A scanner reads the events that servers commonly send, five times as fast as
// encoding/json and without allocation. It gives up, and never guesses, on all that it is
// not sure to read as encoding/json does: an escaped or repeated or capital key, text
// with escapes or bad UTF-8, tool calls, errors, and what is no JSON.
type scanner struct {
	data []byte
	at   int // next byte
	lost bool
	deep int // values that are open
}

// deepest bounds how deep values are nested in each other.
const deepest = 32

// scan reads an event into e, which it leaves in any state if it gives up.
func scan(data []byte, e *event) bool {
	s := scanner{data: data}
	s.object(func(key []byte) int { return s.field(e, key) })
	s.space()
	return !s.lost && s.at == len(data)
}

// Marks of the known keys of an object, by which repeated ones are found.
const (
	markChoices = 1 << iota
	markUsage
	markError
	markWritten
	markText
	markDelta
	markFinish
	markContent
	markReasoningContent
	markReasoning
	markTools
	markPrompt
	markCompletion
)

func (s *scanner) field(e *event, key []byte) (mark int) {
	switch string(key) {
	case "choices":
		s.array(func() { s.choice(e) })
		return markChoices
	case "usage":
		if !s.null() {
			e.counted = true
			s.object(func(key []byte) int { return s.count(&e.usage, key) })
		}
		return markUsage
	case "error":
		if !s.null() {
			s.lost = true
		}
		return markError
	case "metronome_written_ns":
		e.written = s.integer()
		return markWritten
	}
	s.skip()
	return 0
}

func (s *scanner) count(u *Usage, key []byte) (mark int) {
	switch string(key) {
	case "prompt_tokens":
		u.PromptTokens = int(s.integer())
		return markPrompt
	case "completion_tokens":
		u.CompletionTokens = int(s.integer())
		return markCompletion
	}
	s.skip()
	return 0
}

func (s *scanner) choice(e *event) {
	var p piece
	s.object(func(key []byte) (mark int) {
		switch string(key) {
		case "text":
			p.text += s.length()
			return markText
		case "finish_reason":
			if s.length() > 0 {
				e.finished = true
			}
			return markFinish
		case "delta":
			s.object(func(key []byte) int { return s.part(&p, key) })
			return markDelta
		}
		s.skip()
		return 0
	})
	e.choices = append(e.choices, p)
}

func (s *scanner) part(p *piece, key []byte) (mark int) {
	switch string(key) {
	case "content":
		p.text += s.length()
		return markContent
	case "reasoning_content":
		p.reasoning += s.length()
		return markReasoningContent
	case "reasoning":
		p.reasoning += s.length()
		return markReasoning
	case "tool_calls":
		if !s.null() {
			s.array(func() { s.lost = true })
		}
		return markTools
	}
	s.skip()
	return 0
}
