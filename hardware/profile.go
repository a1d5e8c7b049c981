package hardware

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Names lists the profiles of a kind, a folder such as "gpus" or "models", in order.
func Names(fsys fs.FS, kind string) ([]string, error) {
	files, err := fs.Glob(fsys, kind+"/*.toml")
	if err != nil {
		return nil, fmt.Errorf("hardware: listing %s: %w", kind, err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".toml")
	}
	slices.Sort(files)
	return files, nil
}

// readProfile decodes the profile of a kind that key names. Unknown keys are
// errors, and so is an unknown name, with what there is.
func readProfile(fsys fs.FS, key, kind, name string, into any) error {
	file := kind + "/" + name + ".toml"
	text, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return unknownProfile(fsys, key, kind, name)
	}
	if err != nil {
		return fmt.Errorf("hardware: %w", err)
	}
	return decodeTOML(file, string(text), into)
}

func decodeTOML(file, text string, into any) error {
	meta, err := toml.Decode(text, into)
	var bad toml.ParseError
	if errors.As(err, &bad) {
		return fmt.Errorf("%s:%d: %s", file, bad.Position.Line, bad.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("%s:%d: unknown key %q", file, lineOf(text, unknown[0]), unknown[0].String())
	}
	return nil
}

// lineOf returns the line that writes the last part of a key, at best the first of them.
func lineOf(text string, key toml.Key) int {
	for i, line := range strings.Split(text, "\n") {
		word := strings.Trim(strings.TrimSpace(line), "[]")
		if rest, ok := strings.CutPrefix(word, key[len(key)-1]); ok && strings.HasPrefix(strings.TrimSpace(rest), "=") || word == key.String() {
			return i + 1
		}
	}
	return 1
}
