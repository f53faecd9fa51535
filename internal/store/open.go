package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long the file may be held by another process at start.
const lockTimeout = 500 * time.Millisecond

// Open opens the store, or makes it where there is none. The file is examined
// before anything in it is written: a store that is refused (see [ErrKeyMissing]
// and its neighbours) stays as it is. A damaged one is kept aside, under its name
// with ".damaged-" and the time, and a new one is started in its place.
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
	key, err := findKey(o)
	if err != nil {
		return nil, err
	}
	err = examine(o.Path, key, len(steps))
	if errors.Is(err, ErrDamaged) {
		err = setAside(o, err)
	}
	if err != nil {
		return nil, err
	}
	db, err := openFile(o.Path, false)
	if err != nil {
		return nil, err
	}
	s, err := start(o, db, key, steps)
	if err != nil {
		return nil, errors.Join(err, guard(db.Close))
	}
	return s, nil
}

// start makes a store of an open and examined file. Without a key the file is
// new, and so will be the key: the lock on the file makes sure that no other
// process makes another one.
func start(o Options, db *bolt.DB, key []byte, steps []migration) (*Store, error) {
	if key == nil {
		made, err := makeKey(o.Path)
		if err != nil {
			return nil, err
		}
		o.Logger.Info("made a key for the new store: whoever has both files can read it", "key", keyPath(o.Path))
		key = made
	}
	box, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	if err := migrate(db, box, steps); err != nil {
		return nil, err
	}
	if err := os.Chmod(o.Path, 0o600); err != nil {
		return nil, fmt.Errorf("make the file private: %w", err)
	}
	if err := syncFolder(filepath.Dir(o.Path)); err != nil {
		return nil, fmt.Errorf("sync the folder: %w", err)
	}
	s := &Store{
		db: db, box: box, log: o.Logger, clock: o.Clock,
		journal: newJournal(), marks: newMarks(), quit: make(chan struct{}),
	}
	if err := s.view(s.journal.load); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	s.flusher.Go(s.flushLoop)
	return s, nil
}

// checkFolder says early and clearly what would fail late and strangely: files
// are made beside the store now and then.
func checkFolder(path string) error {
	if path == "" {
		return errors.New("STORE_PATH is empty: set it to a file, such as bot.db")
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("STORE_PATH is not a file: set it to a file in that folder, such as bot.db")
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("there is no folder %s: make it, or set STORE_PATH to a file in another one", folder)
	}
	if err != nil {
		return fmt.Errorf("look at the folder of STORE_PATH: %w", err)
	}
	probe, err := os.CreateTemp(folder, ".store-probe-*")
	if err != nil {
		return fmt.Errorf("the folder of STORE_PATH is not writable, make it so for the user the bot runs as: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// examine looks through an existing file without writing to it. It returns nil
// when the file can be opened: because there is none, because nothing was
// written to it yet, or because it is sound, of a known schema, and the key is
// its key. A nil key is none.
func examine(path string, key []byte, newest int) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the file: %w", err)
	}
	var box *sealer
	if key != nil {
		if box, err = newSealer(key); err != nil {
			return err
		}
	}
	err = examineFile(path, box, newest)
	if box == nil && errors.Is(err, ErrDamaged) {
		return ErrKeyMissing // a damaged store is not replaced by one whose key nobody has chosen
	}
	return err
}

func examineFile(path string, box *sealer, newest int) (err error) {
	db, err := openFile(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, guard(db.Close)) }()

	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at the file: %w", err)
	}
	if err := inspect(file, info.Size(), int64(db.Info().PageSize)); err != nil {
		return err
	}
	return guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if err := check(tx); err != nil {
				return err
			}
			schema, err := verify(tx, box, newest)
			if err != nil || schema == 0 {
				return err
			}
			return checkKeys(tx, schema)
		})
	})
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

// openFile opens a bbolt file under its lock, which readers share.
func openFile(path string, readOnly bool) (*bolt.DB, error) {
	var db *bolt.DB
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      lockTimeout,
			FreelistType: bolt.FreelistMapType,
			NoStatistics: true,
			ReadOnly:     readOnly,
		})
		return err
	})
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, ErrSchemaNewer
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		strings.HasPrefix(err.Error(), "file size too small"): // bbolt has no name for this one
		return nil, fmt.Errorf("%w (%v)", ErrDamaged, err)
	default:
		return nil, err
	}
}

// setAside renames a damaged file, so that the start can go on and somebody can
// still look into it. It never replaces an earlier one.
func setAside(o Options, reason error) error {
	stamp := o.Clock.Now().UTC().Format("20060102T150405Z")
	aside := o.Path + ".damaged-" + stamp
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.damaged-%s-%d", o.Path, stamp, n)
	}
	if err := os.Rename(o.Path, aside); err != nil {
		return errors.Join(reason, fmt.Errorf("keep the damaged file aside: %w", err))
	}
	o.Logger.Error("THE STORE IS DAMAGED and was kept aside; starting with an empty one: everybody has to log in again, unless a backup is restored",
		"file", o.Path, "aside", aside, "err", reason)
	if err := os.Chmod(aside, 0o600); err != nil {
		return fmt.Errorf("make the damaged file private: %w", err)
	}
	return syncFolder(filepath.Dir(o.Path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
