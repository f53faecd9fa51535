package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Restore puts a copy that [Store.Backup] wrote in the place of the store, for
// the next Open. It fails with [ErrLocked] while the store is in use, and with
// the reasons of Open (ErrKeyWrong and its neighbours) for a copy that is no
// sound store of a known schema under Key or OldKey. Then nothing was changed.
//
// A store that was there is kept aside, under its name with ".replaced-" and the
// time: aside is that path, "" if there was none. At a crash there is the one store or the other, never none and never a
// part. What people did since the copy was made is undone: who was forgotten is
// known again, and updates that waited then are answered again.
func Restore(o Options, from io.Reader) (aside string, err error) {
	aside, err = restore(o.withDefaults(), from)
	if err != nil {
		return "", fmt.Errorf("restore store %s: %w", o.Path, nameCause(err))
	}
	return aside, nil
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

func restore(o Options, from io.Reader) (aside string, err error) {
	if err := checkFolder(o.Path); err != nil {
		return "", err
	}
	keys, err := findKeys(o)
	if err != nil {
		return "", err
	}
	present, err := lockStore(o.Path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, present.release()) }()
	if err := removeLeftovers(o.Path); err != nil {
		return "", err
	}
	fresh := o.Path + restoring
	if err := writeCopy(fresh, from); err != nil {
		return "", err
	}
	if err := checkBackup(fresh, keys); err != nil {
		return "", errors.Join(err, os.Remove(fresh))
	}
	if aside, err = present.replaceBy(fresh, o); err != nil {
		return "", errors.Join(err, os.RemoveAll(fresh))
	}
	return aside, SyncFolder(filepath.Dir(o.Path))
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
			return &backupError{advice: known.says, reason: err}
		}
	}
	return err
}

// backupError is why a backup cannot be used. The reasons of Open speak of the store.
type backupError struct {
	advice string
	reason error
}

func (u *backupError) Error() string { return u.advice }
func (u *backupError) Unwrap() error { return u.reason }

// A lockedStore is the store that a restoration replaces. No other process can
// open it until it is released.
type lockedStore struct {
	path  string
	db    *bolt.DB // nil: it is damaged, and cannot be opened
	made  bool     // there was no file: it was made for the lock's sake
	empty bool     // there is nothing in it to keep
}

// lockStore locks the store at path. Where there is none it makes an empty file
// to lock.
func lockStore(path string) (*lockedStore, error) {
	info, err := os.Stat(path)
	l := &lockedStore{path: path, made: errors.Is(err, fs.ErrNotExist)}
	l.empty = l.made || err == nil && info.Size() == 0
	l.db, err = openFile(path, false)
	if errors.Is(err, ErrDamaged) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := catchFault(func() error { return l.db.View(refuseForeign) }); errors.Is(err, ErrForeign) {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

func refuseForeign(tx *bolt.Tx) error {
	if _, err := verify(tx, keyring{}, 0); errors.Is(err, ErrForeign) {
		return err
	}
	return nil
}

// replaceBy gives the store's name to a file, and keeps the store aside under the
// name that it returns; "" where there was nothing to keep. It has both names for a moment, so that its own is never free;
// where the file system cannot do that, it is renamed before.
func (l *lockedStore) replaceBy(fresh string, o Options) (aside string, err error) {
	if !l.empty {
		aside = asideName(o, "replaced")
		if os.Link(l.path, aside) != nil {
			if err := os.Rename(l.path, aside); err != nil {
				return "", fmt.Errorf("keep the present store aside: %w", err)
			}
		}
		if err := os.Chmod(aside, 0o600); err != nil {
			return "", fmt.Errorf("make what is kept aside private: %w", err)
		}
		o.Logger.Info("the store of before is kept aside", "aside", aside)
	}
	if err := os.Rename(fresh, l.path); err != nil {
		return "", fmt.Errorf("put the copy in place: %w", err)
	}
	l.made = false
	return aside, nil
}

// release gives the lock back, and removes the file that was made for it.
func (l *lockedStore) release() error {
	var errs []error
	if l.made {
		errs = append(errs, os.Remove(l.path))
	}
	if l.db != nil {
		errs = append(errs, catchFault(l.db.Close))
	}
	return errors.Join(errs...)
}

// fullPages is how much of a page is filled when a store is written in the order
// of its keys: nearly all, with room for entries to grow.
const fullPages = 0.9

// damagedValue stands for a value that could not be opened, so that it stays
// damaged. The value itself must not stay: who has the old key and no scruples
// about a broken seal could read most of it.
const damagedValue = "damaged"

// rotate seals the store with the new key. It writes all of it into a file
// next to it, in one commit, and gives that the store's name: at a crash there is
// the store of before under the old key, or the new one, and no page of the new
// one was ever written under the old key. Everything else that was sealed with
// it, backups and what was set aside, still opens with it.
//
// Another process that waits for the old file's lock finds that the file lost
// its name; see [openFile].
func rotate(o Options, keys keyring, newest int) (err error) {
	old, err := openFile(o.Path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, catchFault(old.Close)) }()
	if err := removeLeftovers(o.Path); err != nil {
		return err
	}
	fresh := o.Path + rotating
	r := &rotation{keys: keys}
	if err := r.write(old, fresh, newest); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := os.Rename(fresh, o.Path); err != nil {
		return errors.Join(fmt.Errorf("put the new file in place: %w", err), os.RemoveAll(fresh))
	}
	o.Logger.Info("the store is sealed with the new key: STORE_KEY_OLD can be unset, once no backup needs it",
		"values", r.values, "damaged", r.damaged)
	return SyncFolder(filepath.Dir(o.Path))
}

// A rotation is one run of [rotate].
type rotation struct {
	keys            keyring
	values, damaged int // sealed anew, and not readable before
}

// write makes the new file. It is safe on disk when write returns.
func (r *rotation) write(old *bolt.DB, path string, newest int) error {
	fresh, err := openFile(path, false)
	if err != nil {
		return err
	}
	err = catchFault(func() error {
		return old.View(func(from *bolt.Tx) error { // around the other: what it lends is written at the end of that
			return fresh.Update(func(to *bolt.Tx) error { return r.copy(from, to, newest) })
		})
	})
	return errors.Join(err, catchFault(fresh.Close))
}

func (r *rotation) copy(from, to *bolt.Tx, newest int) error {
	file, err := verify(from, r.keys, newest)
	if err != nil {
		return err
	}
	for _, form := range allBuckets() {
		if form.since > file.schema {
			continue
		}
		if err := r.copyBucket(from, to, form); err != nil {
			return fmt.Errorf("bucket %s: %w", form.name, err)
		}
	}
	return writeMeta(to, r.keys.now, file.schema)
}

func (r *rotation) copyBucket(from, to *bolt.Tx, form bucketSpec) error {
	source := bucket(from, form.name)
	target, err := to.CreateBucketIfNotExists([]byte(form.name))
	if err != nil {
		return err
	}
	target.FillPercent = fullPages
	if err := target.SetSequence(source.Sequence()); err != nil {
		return err
	}
	return source.ForEach(func(key, value []byte) error {
		switch {
		case form.name == ownersBucket:
			return nil // its keys are made of the old key, and are made anew of the records
		case !form.sealed:
			return target.Put(key, value)
		}
		text, err := r.keys.old.open([]byte(form.name), key, value)
		if err != nil {
			r.damaged++
			return target.Put(key, []byte(damagedValue))
		}
		r.values++
		if err := target.Put(key, r.keys.now.seal([]byte(form.name), key, text)); err != nil {
			return err
		}
		if form.name != peopleBucket {
			return nil
		}
		return r.addOwner(to, int64(binary.BigEndian.Uint64(key)), text)
	})
}

// addOwner lists the Kite user of a person's record, in the form it has on disk.
// Like [Store.rebuildOwners] it passes over one that cannot be read.
func (r *rotation) addOwner(to *bolt.Tx, person int64, text []byte) error {
	record, err := decodeRecord(person, text)
	if err != nil || loginUser(record) == "" {
		return nil
	}
	if _, err := to.CreateBucketIfNotExists([]byte(ownersBucket)); err != nil {
		return err
	}
	return putOwner(to, r.keys.now, person, loginUser(record))
}
