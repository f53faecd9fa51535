package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

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
	defer func() { err = errors.Join(err, guard(old.Close)) }()
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
	err = guard(func() error {
		return old.View(func(from *bolt.Tx) error { // around the other: what it lends is written at the end of that
			return fresh.Update(func(to *bolt.Tx) error { return r.copy(from, to, newest) })
		})
	})
	return errors.Join(err, guard(fresh.Close))
}

func (r *rotation) copy(from, to *bolt.Tx, newest int) error {
	file, err := verify(from, r.keys, newest)
	if err != nil {
		return err
	}
	for _, form := range bucketForms() {
		if form.since > file.schema {
			continue
		}
		if err := r.copyBucket(from, to, form); err != nil {
			return fmt.Errorf("bucket %s: %w", form.name, err)
		}
	}
	return writeMeta(to, r.keys.now, file.schema)
}

func (r *rotation) copyBucket(from, to *bolt.Tx, form bucketForm) error {
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
