package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
)

// A held is the store that a restoration replaces. Nobody else can open it until
// it is released.
type held struct {
	path  string
	db    *bolt.DB // nil: it is damaged, and nobody can open it
	made  bool     // there was no file: it was made for the lock's sake
	empty bool     // there is nothing in it to keep
}

// hold takes the lock of what is at path. Where there is nothing it makes an
// empty file, so that there is something to lock.
func hold(path string) (*held, error) {
	info, err := os.Stat(path)
	h := &held{path: path, made: errors.Is(err, fs.ErrNotExist)}
	h.empty = h.made || err == nil && info.Size() == 0
	h.db, err = openFile(path, false)
	if errors.Is(err, ErrDamaged) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	if err := guard(func() error { return h.db.View(refuseForeign) }); errors.Is(err, ErrForeign) {
		return nil, errors.Join(err, h.release())
	}
	return h, nil
}

func refuseForeign(tx *bolt.Tx) error {
	if _, err := verify(tx, keyring{}, 0); errors.Is(err, ErrForeign) {
		return err
	}
	return nil
}

// replaceBy gives the store's name to a file and keeps the store aside under
// another one. It has both names for a moment, so that its own is never free;
// where the file system cannot do that, it is renamed before.
func (h *held) replaceBy(fresh string, o Options) error {
	if !h.empty {
		aside := asideName(o, "replaced")
		if os.Link(h.path, aside) != nil {
			if err := os.Rename(h.path, aside); err != nil {
				return fmt.Errorf("keep the present store aside: %w", err)
			}
		}
		if err := os.Chmod(aside, 0o600); err != nil {
			return fmt.Errorf("make what is kept aside private: %w", err)
		}
		o.Logger.Info("the store of before is kept aside", "aside", aside)
	}
	if err := os.Rename(fresh, h.path); err != nil {
		return fmt.Errorf("put the copy in place: %w", err)
	}
	h.made = false
	return nil
}

// release gives the lock back, and removes the file that was made for it.
func (h *held) release() error {
	var errs []error
	if h.made {
		errs = append(errs, os.Remove(h.path))
	}
	if h.db != nil {
		errs = append(errs, guard(h.db.Close))
	}
	return errors.Join(errs...)
}
