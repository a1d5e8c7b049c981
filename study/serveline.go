package study

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A serveLine is a parsed "vllm serve" command.
type serveLine struct {
	model   string
	flags   map[string]string // those of vllmFlags, by long name
	ignored []string
}

var (
	environment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

	// lone are the names of flags that take no value, as far as names tell.
	lone = regexp.MustCompile(`^--(enable|disable|no|trust|enforce|async)-`)
)

// readServe reads a command line.
func readServe(command string) (*serveLine, error) {
	words, err := splitWords(command)
	if err != nil {
		return nil, err
	}
	line := &serveLine{flags: map[string]string{}}
	for len(words) > 0 && environment.MatchString(words[0]) {
		line.ignored = append(line.ignored, words[0])
		words = words[1:]
	}
	if len(words) < 2 || words[0] != "vllm" || words[1] != "serve" {
		return nil, errors.New(`not a command of vLLM (must be "vllm serve MODEL …")`)
	}
	for words = words[2:]; len(words) > 0 && err == nil; {
		words, err = line.next(words)
	}
	if err == nil && line.model == "" {
		err = errors.New(`no model (must be "vllm serve MODEL …")`)
	}
	return line, err
}

// next reads the model, or a flag and its value, and returns the rest. A flag
// that is not known takes the next word as its value, unless that is a flag too.
func (l *serveLine) next(words []string) ([]string, error) {
	word, words := words[0], words[1:]
	if !strings.HasPrefix(word, "-") {
		if l.model != "" {
			return nil, fmt.Errorf("%q beside the model %q (there is only one model)", word, l.model)
		}
		l.model = word
		return words, nil
	}
	name, value, given := strings.Cut(word, "=")
	name = longName(name)
	flag, known := vllmFlagNamed(name)
	known = known || name == "--model"
	if !given && len(words) > 0 && (known && !flag.alone || !known && !lone.MatchString(name) && !strings.HasPrefix(words[0], "-")) {
		value, given, words = words[0], true, words[1:]
	}
	switch {
	case !known:
		l.ignore(name, value, given)
	case !given && !flag.alone:
		return nil, fmt.Errorf("%s: no value", name)
	case name == "--model":
		l.model = value
	default:
		l.flags[name] = value
	}
	return words, nil
}

// ignore notes a flag that makes no difference.
func (l *serveLine) ignore(name, value string, given bool) {
	if given {
		name += "=" + value
	}
	l.ignored = append(l.ignored, name)
}

// longName returns the name of a flag, with dashes, for a short or underscored one.
func longName(name string) string {
	for _, f := range vllmFlags {
		if f.short != "" && f.short == name {
			return f.name
		}
	}
	return strings.ReplaceAll(name, "_", "-")
}
