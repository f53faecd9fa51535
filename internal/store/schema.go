package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// A bucketName names a bucket. It is part of every seal in it.
type bucketName string

// The buckets. All but the last came with schema 1.
const (
	metaBucket     bucketName = "meta"     // "schema" → uint64; "check" → sealed [checkText]
	peopleBucket   bucketName = "people"   // person → sealed recordV1
	pendingBucket  bucketName = "pending"  // person → nothing
	ownersBucket   bucketName = "owners"   // HMAC of a Kite user id → sealed person
	journalBucket  bucketName = "journal"  // bot, sequence, update → sealed entryV1
	answeredBucket bucketName = "answered" // bot, sequence, update → nothing
	prefsBucket    bucketName = "prefs"    // person → sealed prefsV1; since schema 2
)

// checkText is what a right key finds.
const checkText = "kitebot store"

// A migration brings the file from one schema to the next. The first makes
// schema 1 out of nothing.
type migration func(*bolt.Tx) error

func migrations() []migration {
	return []migration{
		addBuckets(peopleBucket, pendingBucket, ownersBucket, journalBucket, answeredBucket),
		addBuckets(prefsBucket),
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

// verify says which schema a file has, 0 for an empty file, and whether this
// version and this key may open it. A nil box is no key. It only reads.
func verify(tx *bolt.Tx, box *sealer, newest int) (schema int, err error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return 0, ErrForeign
		}
		return 0, nil
	}
	number, check := meta.Get([]byte("schema")), meta.Get([]byte("check"))
	if len(number) != 8 || check == nil {
		return 0, fmt.Errorf("%w (its schema is not readable)", ErrDamaged)
	}
	if binary.BigEndian.Uint64(number) > uint64(newest) {
		return 0, ErrSchemaNewer
	}
	if box == nil {
		return 0, ErrKeyMissing
	}
	if text, err := box.open([]byte(metaBucket), []byte("check"), check); err != nil || string(text) != checkText {
		return 0, ErrKeyWrong
	}
	return int(binary.BigEndian.Uint64(number)), nil
}

// keySizes are the sizes of all keys in a file of that schema, in bytes.
func keySizes(schema int) map[bucketName]int {
	sizes := map[bucketName]int{
		peopleBucket: 8, pendingBucket: 8, ownersBucket: sha256.Size, journalBucket: 24, answeredBucket: 24,
	}
	if schema >= 2 {
		sizes[prefsBucket] = 8
	}
	return sizes
}

// checkKeys finds keys that cannot have been written: bbolt's own check lets a
// key of a wrong size pass, and what reads keys relies on it.
func checkKeys(tx *bolt.Tx, schema int) error {
	for name, size := range keySizes(schema) {
		b := bucket(tx, name)
		if b == nil {
			return fmt.Errorf("%w (bucket %s is gone)", ErrDamaged, name)
		}
		err := b.ForEach(func(key, _ []byte) error {
			if len(key) != size {
				return fmt.Errorf("%w (a key of bucket %s is cut)", ErrDamaged, name)
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
	var schema int
	err := guard(func() error {
		return db.View(func(tx *bolt.Tx) (err error) {
			schema, err = verify(tx, box, len(steps))
			return err
		})
	})
	if err != nil || schema == len(steps) {
		return err
	}
	return guard(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			for i, step := range steps[schema:] {
				if err := step(tx); err != nil {
					return fmt.Errorf("migrate to schema %d: %w", schema+i+1, err)
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
