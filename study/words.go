package study

import (
	"errors"
	"strings"
)

// splitWords splits a command line into words as a shell does: quotes group, a
// backslash takes the next character as it is, and at the end of a line joins it
// with the next.
func splitWords(command string) ([]string, error) {
	var s splitter
	for _, r := range command {
		s.next(r)
	}
	if s.quote != 0 || s.escaped {
		return nil, errors.New("the last word is cut off (a quote or a backslash is left open)")
	}
	s.end()
	return s.words, nil
}

// A splitter is in the middle of a command line.
type splitter struct {
	words   []string
	word    strings.Builder
	begun   bool // the word, which may be empty
	quote   rune // that is open, or 0
	escaped bool // by the character before
}

func (s *splitter) next(r rune) {
	switch {
	case s.escaped:
		s.escaped = false
		if r != '\n' {
			s.add(r)
		}
	case r == '\\' && s.quote != '\'':
		s.escaped = true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote == 0 && (r == '"' || r == '\''):
		s.quote, s.begun = r, true
	case s.quote == 0 && strings.ContainsRune(" \t\r\n", r):
		s.end()
	default:
		s.add(r)
	}
}

func (s *splitter) add(r rune) {
	s.word.WriteRune(r)
	s.begun = true
}

// end ends the word, if one has begun.
func (s *splitter) end() {
	if s.begun {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.begun = false
}
