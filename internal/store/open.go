package store

import (
	"errors"
	"fmt"
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
			return nil, fmt.Errorf("seal the store with the new key: %w", nameCause(err))
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
		return nil, errors.Join(nameCause(err), catchFault(db.Close))
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
