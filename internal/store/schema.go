package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// A bucketName names a bucket. It is part of every seal in it.
type bucketName string

// The buckets.
const (
	metaBucket     bucketName = "meta"     // "schema" → uint64; "check" → sealed [checkText]
	peopleBucket   bucketName = "people"   // person → sealed recordV1
	pendingBucket  bucketName = "pending"  // person → nothing, or the Unix second it is due
	ownersBucket   bucketName = "owners"   // HMAC of a Kite user id → sealed person
	journalBucket  bucketName = "journal"  // bot, sequence, update → sealed entryV1
	answeredBucket bucketName = "answered" // bot, sequence, update → nothing
	prefsBucket    bucketName = "prefs"    // person → sealed prefsV1
	accessBucket   bucketName = "guests"   // person → sealed accessV1
)

// A bucketSpec is what all entries of a bucket have in common.
type bucketSpec struct {
	name    bucketName
	since   int  // the schema that brought it
	keySize int  // of every key, in bytes
	sealed  bool // its values are sealed
}

// allBuckets lists the buckets of the newest schema but for meta, which every
// file has.
func allBuckets() []bucketSpec {
	return []bucketSpec{
		{peopleBucket, 1, 8, true},
		{pendingBucket, 1, 8, false},
		{ownersBucket, 1, sha256.Size, true},
		{journalBucket, 1, 24, true},
		{answeredBucket, 1, 24, false},
		{prefsBucket, 2, 8, true},
		{accessBucket, 3, 8, true},
	}
}

// checkText is what a right key finds.
const checkText = "kitebot store"

// A migration brings the file from one schema to the next. The first makes
// schema 1 out of nothing.
type migration func(*bolt.Tx) error

func migrations() []migration {
	return []migration{
		addBuckets(peopleBucket, pendingBucket, ownersBucket, journalBucket, answeredBucket),
		addBuckets(prefsBucket),
		// Schema 3 also lets an entry of pending say when. Those who were logged in
		// before have no such entry, and get none here: whether they used their login
		// today, without which no one is warned, was not kept then. Their next use of
		// it saves the record, and that lists them.
		addBuckets(accessBucket),
	}
}

// addBuckets is a migration that brings new buckets and touches nothing else.
func addBuckets(names ...bucketName) migration {
	return func(tx *bolt.Tx) error { return createBuckets(tx, names) }
}

func createBuckets(tx *bolt.Tx, names []bucketName) error {
	for _, name := range names {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// found is what an existing file turned out to be.
type found struct {
	schema int  // 0: nothing was written to it yet
	old    bool // it is sealed with the old key
}

// verify says what a file is, and whether this version and one of these keys may
// open it. It only reads.
func verify(tx *bolt.Tx, keys keyring, newest int) (found, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return found{}, ErrForeign
		}
		return found{}, nil
	}
	number, check := meta.Get([]byte("schema")), meta.Get([]byte("check"))
	if len(number) != 8 || check == nil {
		return found{}, fmt.Errorf("%w (its schema is not readable)", ErrDamaged)
	}
	schema := binary.BigEndian.Uint64(number)
	switch {
	case schema > uint64(newest):
		return found{}, ErrSchemaNewer
	case schema == 0: // it is written with the buckets, so there is none without
		return found{}, fmt.Errorf("%w (it has a schema that never was)", ErrDamaged)
	case keys.now == nil:
		return found{}, ErrKeyMissing
	case keys.now.fits(check):
		return found{schema: int(schema)}, nil
	case keys.old != nil && keys.old.fits(check):
		return found{schema: int(schema), old: true}, nil
	}
	return found{}, ErrKeyWrong
}

// fits says whether a file's check was sealed with this key.
func (s *sealer) fits(check []byte) bool {
	text, err := s.open([]byte(metaBucket), []byte("check"), check)
	return err == nil && string(text) == checkText
}

// checkKeys finds buckets that do not fit the schema and keys that cannot have been written: bbolt's own check lets a
// key of a wrong size pass, and what reads keys relies on it.
func checkKeys(tx *bolt.Tx, schema int) error {
	for _, form := range allBuckets() {
		b := bucket(tx, form.name)
		if (b != nil) != (form.since <= schema) {
			return fmt.Errorf("%w (bucket %s is not as schema %d has it)", ErrDamaged, form.name, schema)
		}
		if b == nil {
			continue
		}
		err := b.ForEach(func(key, _ []byte) error {
			if len(key) != form.keySize {
				return fmt.Errorf("%w (a key of bucket %s is cut)", ErrDamaged, form.name)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// migrate brings the file to the newest schema in one commit: after a crash it
// has either the old one or the new one. A file that has it is not written.
func migrate(db *bolt.DB, box *sealer, steps []migration) error {
	var file found
	err := catchFault(func() error {
		return db.View(func(tx *bolt.Tx) (err error) {
			file, err = verify(tx, keyring{now: box}, len(steps))
			return err
		})
	})
	if err != nil || file.schema == len(steps) {
		return err
	}
	return catchFault(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			for i, step := range steps[file.schema:] {
				if err := step(tx); err != nil {
					return fmt.Errorf("migrate to schema %d: %w", file.schema+i+1, err)
				}
			}
			return writeMeta(tx, box, len(steps))
		})
	})
}

func writeMeta(tx *bolt.Tx, box *sealer, schema int) error {
	meta, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
	if err != nil {
		return fmt.Errorf("create bucket %s: %w", metaBucket, err)
	}
	if meta.Get([]byte("check")) == nil {
		sealed := box.seal([]byte(metaBucket), []byte("check"), []byte(checkText))
		if err := meta.Put([]byte("check"), sealed); err != nil {
			return fmt.Errorf("write the check of the key: %w", err)
		}
	}
	if err := meta.Put([]byte("schema"), number(uint64(schema))); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	return nil
}

// number is how the file writes integers: in 8 bytes, so that the order of the
// keys is the order of the numbers.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// bucket returns a bucket of the schema. One that is gone is a damaged file, and
// bbolt's panic on using it becomes the error.
func bucket(tx *bolt.Tx, name bucketName) *bolt.Bucket { return tx.Bucket([]byte(name)) }
