package study

import (
	"errors"
	"fmt"
)

// A keyError is what is wrong with the value of a key.
type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string { return e.err.Error() }
func (e *keyError) Unwrap() error { return e.err }

// about returns an error that names its key by itself.
func about(key string, err error) error { return &keyError{key, err} }

// at puts the key in front of an error, if there is one.
func at(key string, err error) error {
	if err == nil {
		return nil
	}
	return about(key, fmt.Errorf("%s: %w", key, err))
}

// wrong returns the error for a value that a key cannot have.
func wrong(key string, value any, allowed string) error {
	return at(key, errors.New(show(value)+" ("+allowed+")"))
}

// show returns a value much as it was written.
func show(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "a list"
	}
	return fmt.Sprint(value)
}
