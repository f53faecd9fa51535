package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
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

	info, err := os.Stat(path)
	if err != nil {
		return found{}, fmt.Errorf("look at the file: %w", err)
	}
	err = guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if tx.Size() > info.Size() {
				return fmt.Errorf("%w (the file ends early)", ErrDamaged)
			}
			if err := walk(tx.Cursor().Bucket(), int(tx.Size()), map[uint64]bool{}); err != nil {
				return err
			}
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

// walk reads every entry of a bucket of a file of that size, and of the buckets
// in it. It runs before bbolt's own check, whose goroutine cannot recover from a
// fault and never returns from a loop of pages. Keys that do not ascend are such
// a loop, or an entry that cannot be found. roots are the buckets seen so far.
func walk(b *bolt.Bucket, size int, roots map[uint64]bool) error {
	if root := uint64(b.Root()); root != 0 { // 0: it is stored in its parent's entry
		if roots[root] {
			return fmt.Errorf("%w (two buckets share page %d)", ErrDamaged, root)
		}
		roots[root] = true
	}
	var last []byte
	cursor := b.Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		if len(key) > size || len(value) > size {
			return fmt.Errorf("%w (an entry is longer than the file)", ErrDamaged)
		}
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w (keys are out of order)", ErrDamaged)
		}
		last = key
		crc32.ChecksumIEEE(value) // a fault happens here, where it is recovered
		nested := b.Bucket(key)
		if nested == nil && b.Get(key) == nil {
			return fmt.Errorf("%w (an entry is not found under its key)", ErrDamaged)
		}
		if nested == nil {
			continue
		}
		if err := walk(nested, size, roots); err != nil {
			return err
		}
	}
	return nil
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
