package live

import (
	"bytes"
	"unicode/utf8"
)

// object reads an object whose fields are read by a function of their key, which tells
// the mark of a known one.
func (s *scanner) object(field func(key []byte) (mark int)) {
	marks := 0
	s.list('{', '}', func() {
		key := s.key()
		s.expect(':')
		s.space()
		if s.lost {
			return
		}
		mark := field(key)
		if marks&mark != 0 {
			s.lost = true
		}
		marks |= mark
	})
}

// array reads an array whose elements are read by a function.
func (s *scanner) array(element func()) { s.list('[', ']', element) }

// list reads what stands between two brackets, with commas between.
func (s *scanner) list(open, end byte, item func()) {
	s.expect(open)
	if s.deep++; s.deep > deepest {
		s.lost = true
	}
	if s.space(); s.next() == end {
		s.at++
		s.deep--
		return
	}
	for !s.lost {
		s.space()
		item()
		s.space()
		if s.next() == end {
			break
		}
		s.expect(',')
	}
	s.expect(end)
	s.deep--
}

// next returns the next byte, 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) expect(c byte) {
	s.space()
	if s.next() != c {
		s.lost = true
		return
	}
	s.at++
}

func (s *scanner) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\n' || s.data[s.at] == '\r' || s.data[s.at] == '\t') {
		s.at++
	}
}

// text reads a string without escapes.
func (s *scanner) text() []byte {
	if s.next() != '"' {
		s.lost = true
		return nil
	}
	rest := s.data[s.at+1:]
	n := bytes.IndexByte(rest, '"')
	if n < 0 {
		s.lost = true
		return nil
	}
	s.at += n + 2
	ascii := true
	for _, c := range rest[:n] {
		if c < ' ' || c == '\\' {
			s.lost = true
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(rest[:n]) {
		s.lost = true
	}
	return rest[:n]
}

// key reads a key that can be told from others byte by byte: encoding/json takes capital
// letters, and letters that fold to ours, for ours.
func (s *scanner) key() []byte {
	name := s.text()
	for _, c := range name {
		if c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			s.lost = true
		}
	}
	return name
}

// length reads a string or null and returns its bytes.
func (s *scanner) length() int {
	if s.null() {
		return 0
	}
	return len(s.text())
}

// null reads null, if it is there.
func (s *scanner) null() bool { return s.word("null") }

func (s *scanner) word(word string) bool {
	if s.next() != word[0] || !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

// mostDigits is of numbers that surely fit 64 bits.
const mostDigits = 18

// integer reads a whole number, or null, which is 0.
func (s *scanner) integer() (n int64) {
	if s.null() {
		return 0
	}
	from := s.at
	s.number()
	for _, c := range s.data[from:s.at] {
		if c < '0' || c > '9' {
			s.lost = true
		}
		n = 10*n + int64(c-'0')
	}
	if s.at-from > mostDigits+1 {
		s.lost = true
	}
	return n
}

// number reads a number.
func (s *scanner) number() {
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.next() == '.' {
		s.at++
		s.digits()
	}
	if c := s.next(); c == 'e' || c == 'E' {
		if s.at++; s.next() == '+' || s.next() == '-' {
			s.at++
		}
		s.digits()
	}
}

// digits reads one digit or more.
func (s *scanner) digits() {
	from := s.at
	for s.next() >= '0' && s.next() <= '9' {
		s.at++
	}
	if s.at == from {
		s.lost = true
	}
}

// skip reads any value.
func (s *scanner) skip() {
	switch c := s.next(); {
	case c == '"':
		s.text()
	case c == '{':
		s.list('{', '}', func() {
			s.text()
			s.expect(':')
			s.space()
			s.skip()
		})
	case c == '[':
		s.array(s.skip)
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	case s.null() || s.word("true") || s.word("false"):
	default:
		s.lost = true
	}
}
