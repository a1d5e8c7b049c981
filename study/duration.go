package study

import (
	"strings"
	"time"
)

// decodeDuration reads a string with a unit. A number alone is an error, 0 too.
func decodeDuration(key string, value any, into *time.Duration) (err error) {
	text, ok := value.(string)
	if !ok || text == "0" {
		return wrong(key, value, durations)
	}
	if *into, err = time.ParseDuration(text); err == nil {
		return nil
	}
	if overflows(text) {
		return wrong(key, value, "must be below 292 years")
	}
	return wrong(key, value, durations)
}

const durations = `must be a duration with its unit, such as "25ms"`

// overflows reports whether a duration that does not parse is only too long:
// with zeros for digits it parses.
func overflows(text string) bool {
	zeros := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, text)
	_, err := time.ParseDuration(zeros)
	return err == nil && strings.Trim(zeros, "+-0") != "" // 0 alone has no unit
}
