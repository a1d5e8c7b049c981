package study

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes a file of a folder, which is made if there is none. A kill
// leaves the old file or the new one.
func WriteFile(folder, name string, content []byte) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("%w (must be a folder that can be written)", readable(err))
	}
	f, err := os.CreateTemp(folder, "."+name+"-")
	if err != nil {
		return fmt.Errorf("%w (must be a folder that can be written)", readable(err))
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if e := f.Chmod(0o666 &^ umask); err == nil {
		err = e
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
