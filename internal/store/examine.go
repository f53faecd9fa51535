package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
)

// examine looks through an existing file without writing to it. It returns no
// error when the file can be opened: because there is none, because nothing was
// written to it yet, or because it is sound, of a known schema, and one of the
// keys is its key.
func examine(path string, keys keyring, newest int) (found, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("look at the file: %w", err)
	}
	file, err := examineFile(path, keys, newest)
	if keys.now == nil && errors.Is(err, ErrDamaged) {
		return found{}, ErrKeyMissing // a damaged store is not replaced by one whose key nobody has chosen
	}
	return file, err
}

func examineFile(path string, keys keyring, newest int) (result found, err error) {
	db, err := openFile(path, true)
	if err != nil {
		return found{}, err
	}
	defer func() { err = errors.Join(err, guard(db.Close)) }()

	file, err := os.Open(path)
	if err != nil {
		return found{}, fmt.Errorf("read the file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return found{}, fmt.Errorf("look at the file: %w", err)
	}
	if err := inspect(file, info.Size(), int64(db.Info().PageSize)); err != nil {
		return found{}, err
	}
	err = guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if err := check(tx); err != nil {
				return err
			}
			result, err = verify(tx, keys, newest)
			if err != nil || result.schema == 0 {
				return err
			}
			return checkKeys(tx, result.schema)
		})
	})
	return result, err
}

// check runs bbolt's own check to its end, since it stops only there, and
// returns its first finding.
func check(tx *bolt.Tx) error {
	var first error
	for found := range tx.Check() {
		if first == nil {
			first = fmt.Errorf("%w (%v)", ErrDamaged, found)
		}
	}
	return first
}
