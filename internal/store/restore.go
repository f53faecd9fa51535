package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Restore puts a copy that [Store.Backup] wrote in the place of the store, for
// the next Open. It fails with [ErrLocked] while the store is in use, and with
// the reasons of Open (ErrKeyWrong and its neighbours) for a copy that is no
// sound store of a known schema under Key or OldKey. Then nothing was changed.
//
// A store that was there is kept aside, under its name with ".replaced-" and the
// time. At a crash there is the one store or the other, never none and never a
// part. What people did since the copy was made is undone: who was forgotten is
// known again, and updates that waited then are answered again.
func Restore(o Options, from io.Reader) error {
	if err := restore(o.withDefaults(), from); err != nil {
		return fmt.Errorf("restore store %s: %w", o.Path, named(err))
	}
	return nil
}

// CheckBackup reads a file that [Store.Backup] wrote and fails as Restore would
// if it could not be restored. It changes nothing.
func CheckBackup(o Options, file string) error {
	keys, err := findKeys(o.withDefaults())
	if err != nil {
		return err
	}
	return checkBackup(file, keys)
}

func restore(o Options, from io.Reader) (err error) {
	if err := checkFolder(o.Path); err != nil {
		return err
	}
	keys, err := findKeys(o)
	if err != nil {
		return err
	}
	was, err := hold(o.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, was.release()) }()
	if err := removeLeftovers(o.Path); err != nil {
		return err
	}
	fresh := o.Path + restoring
	if err := writeCopy(fresh, from); err != nil {
		return err
	}
	if err := checkBackup(fresh, keys); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := was.replaceBy(fresh, o); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return syncFolder(filepath.Dir(o.Path))
}

// writeCopy writes a new file to the end of what is read. It is safe on disk
// when writeCopy returns; after an error there is none.
func writeCopy(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the copy: %w", err), os.Remove(path))
	}
	return nil
}

// checkBackup is examine with words for a copy, and for one that is empty.
func checkBackup(path string, keys keyring) error {
	file, err := examine(path, keys, len(migrations()))
	if err == nil && file.schema == 0 {
		if !exists(path) {
			return fmt.Errorf("there is no backup %s", path)
		}
		err = ErrDamaged
	}
	for _, known := range []struct {
		reason error
		says   string
	}{
		{ErrKeyMissing, "the backup needs the key it was made with: set STORE_KEY to it"},
		{ErrKeyWrong, "STORE_KEY does not open the backup: set it to the key the backup was made with"},
		{ErrSchemaNewer, "the backup was made by a newer version of the bot: restore it with that one"},
		{ErrForeign, "this is no backup of the bot, but the database of another program"},
		{ErrDamaged, "this is no backup of the bot, or it is cut or damaged: take another one"},
	} {
		if errors.Is(err, known.reason) {
			return &unfit{says: known.says, reason: err}
		}
	}
	return err
}

// unfit is why a backup cannot be used. The reasons of Open speak of the store.
type unfit struct {
	says   string
	reason error
}

func (u *unfit) Error() string { return u.says }
func (u *unfit) Unwrap() error { return u.reason }
