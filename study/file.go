package study

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file of a folder, which is made if there is none. A kill
// leaves the old file or the new one.
func WriteFile(folder, name string, content []byte) error {
	return replaceFile(folder, name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// replaceFile is WriteFile for what is written bit by bit.
func replaceFile(folder, name string, fill func(io.Writer) error) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("%w (must be a folder that can be written)", readable(err))
	}
	f, err := os.CreateTemp(folder, "."+name+"-")
	if err != nil {
		return fmt.Errorf("%w (must be a folder that can be written)", readable(err))
	}
	defer os.Remove(f.Name())
	b := bufio.NewWriter(f)
	for _, step := range []func() error{
		func() error { return fill(b) }, b.Flush, func() error { return f.Chmod(0o666 &^ umask) },
	} {
		if err == nil {
			err = step()
		}
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	return readable(err)
}

// umask is what files are not allowed, as is usual.
const umask = 0o022
