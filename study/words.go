package study

import (
	"errors"
	"strings"
)

// splitWords splits a command line into words as a shell does: quotes group, a
// backslash takes the next character as it is, and at the end of a line joins it
// with the next.
func splitWords(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range command {
		switch {
		case escaped:
			escaped = false
			if r != '\n' {
				word.WriteRune(r)
				begun = true
			}
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			end()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("the last word is cut off (a quote or a backslash is left open)")
	}
	end()
	return words, nil
}
