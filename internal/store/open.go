package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Open opens the store, or makes it where there is none. The file is examined
// before anything in it is written: a store that is refused (see [ErrKeyMissing]
// and its neighbours) stays as it is. A damaged one is kept aside, under its name
// with ".damaged-" and the time, and a new one is started in its place. One that
// is sealed with the old key is sealed with the new one before it is used, and what
// was set aside under the old one is erased; so is what was set aside 30 days ago.
func Open(o Options) (*Store, error) {
	s, err := open(o.withDefaults(), migrations())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", o.Path, err)
	}
	return s, nil
}

func open(o Options, steps []migration) (*Store, error) {
	if err := checkFolder(o.Path); err != nil {
		return nil, err
	}
	keys, err := findKeys(o)
	if err != nil {
		return nil, err
	}
	warnIfEmpty(o)
	file, err := examine(o.Path, keys, len(steps))
	if errors.Is(err, ErrDamaged) {
		err = setAside(o, err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case file.old:
		if err := rotate(o, keys, len(steps)); err != nil {
			return nil, fmt.Errorf("seal the store with the new key: %w", named(err))
		}
		eraseLeftAside(o, keys.now, len(steps))
	case keys.old != nil:
		o.Logger.Info("the store is not sealed with the old key: STORE_KEY_OLD can be unset")
	}
	db, err := openFile(o.Path, false)
	if err != nil {
		return nil, err
	}
	s, err := start(o, db, keys.now, steps)
	if err != nil {
		return nil, errors.Join(named(err), guard(db.Close))
	}
	return s, nil
}

// start makes a store of an open and examined file. Without a key the file is
// new, and so will be the key: the lock on the file makes sure that no other
// process makes another one.
func start(o Options, db *bolt.DB, box *sealer, steps []migration) (*Store, error) {
	if box == nil {
		key, err := makeKey(o.Path)
		if err != nil {
			return nil, err
		}
		o.Logger.Info("made a key for the new store: the two files together can be read", "key", keyPath(o.Path))
		if box, err = newSealer(key); err != nil {
			return nil, err
		}
	}
	if err := migrate(db, box, steps); err != nil {
		return nil, err
	}
	if err := removeLeftovers(o.Path); err != nil {
		return nil, err
	}
	eraseOldAside(o.Path, o.Logger, o.Now())
	if err := os.Chmod(o.Path, 0o600); err != nil {
		return nil, fmt.Errorf("make the file private: %w", err)
	}
	if err := SyncFolder(filepath.Dir(o.Path)); err != nil {
		return nil, err
	}
	s := &Store{
		path: o.Path, db: db, box: box, log: o.Logger, now: o.Now, meter: o.Meter,
		journal: newJournal(), marks: newMarks(), quit: make(chan struct{}),
	}
	if err := s.view(s.journal.load); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	s.flusher.Go(s.flushLoop)
	return s, nil
}

// checkFolder says early and clearly what would fail late and strangely: files
// are made next to the store now and then.
func checkFolder(path string) error {
	if path == "" {
		return fmt.Errorf("%w (it is empty)", ErrPlace)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w (it is not a file)", ErrPlace)
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("%w (there is no folder %s)", ErrPlace, folder)
	}
	if err != nil {
		return fmt.Errorf("look at the folder of STORE_PATH: %w", named(err))
	}
	return probeFolder(path)
}

// probeFolder makes a file next to the store and removes it. It has one name, so
// that what a kill leaves of it is gone after the next start.
func probeFolder(path string) error {
	name := path + ".probe"
	probe, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if isFull(err) {
		return named(err)
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrUnwritable, err)
	}
	err = probe.Close()
	if removed := os.Remove(name); !errors.Is(removed, fs.ErrNotExist) { // another start may have been quicker
		err = errors.Join(err, removed)
	}
	return err
}

// warnIfEmpty speaks of a file without a byte. It is taken for the trace of a
// first start that was cut short, which most are; there is nothing to keep.
func warnIfEmpty(o Options) {
	if info, err := os.Stat(o.Path); err == nil && info.Size() == 0 {
		o.Logger.Warn("the file at STORE_PATH is empty: starting with an empty store; if it held one before, stop the bot and restore a backup", "file", o.Path)
	}
}

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
		return found{}, ErrKeyMissing // a damaged store is not replaced by one with a key that the operator did not choose
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
