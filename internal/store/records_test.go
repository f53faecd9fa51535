package store

import (
	"errors"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// damageRecord flips a bit in one person's record.
func damageRecord(t *testing.T, path string, person uint64) {
	tamper(t, path, func(tx *bolt.Tx) error {
		people := bucket(tx, peopleBucket)
		return people.Put(number(person), flipped(people.Get(number(person))))
	})
}

func TestADamagedRecordIsOnePersonsTrouble(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), sessiontest.LoggedIn(72, "ZZ0002"))
	mustClose(t, s)
	damageRecord(t, path, 71)

	s = mustOpen(t, path)
	if _, err := s.Load(71); !errors.Is(err, ErrDamaged) {
		t.Errorf("the damaged record: got %v, want ErrDamaged", err)
	}
	if r, err := s.Load(72); err != nil || r.Login == nil {
		t.Errorf("the sound record: %v", err)
	}

	mustSave(t, s, session.Record{Person: 71}) // starts afresh, and frees the Kite user
	if _, err := s.Load(71); err != nil {
		t.Errorf("the replaced record: %v", err)
	}
	mustSave(t, s, sessiontest.LoggedIn(73, "ZZ0001"))
	var owned *session.OwnedError
	if err := s.Save(sessiontest.LoggedIn(73, "ZZ0002")); !errors.As(err, &owned) || owned.Person != 72 {
		t.Errorf("the other owner was forgotten: %v", err)
	}
}

func TestADamagedOwnerIsFoundAgain(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"))
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		key, value := bucket(tx, ownersBucket).Cursor().First()
		return bucket(tx, ownersBucket).Put(key, flipped(value))
	})

	s = mustOpen(t, path)
	var owned *session.OwnedError
	if err := s.Save(sessiontest.LoggedIn(72, "ZZ0001")); !errors.As(err, &owned) || owned.Person != 71 {
		t.Errorf("got %v, want that person 71 owns the Kite user", err)
	}
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), session.Record{Person: 71}, sessiontest.LoggedIn(72, "ZZ0001"))
}

func TestSwappedRecordsAreNoticed(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), sessiontest.LoggedIn(72, "ZZ0002"))
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		people := bucket(tx, peopleBucket)
		one, other := slices.Clone(people.Get(number(71))), slices.Clone(people.Get(number(72)))
		return errors.Join(people.Put(number(71), other), people.Put(number(72), one))
	})
	s = mustOpen(t, path)
	for _, person := range []int64{71, 72} {
		if _, err := s.Load(person); !errors.Is(err, ErrDamaged) {
			t.Errorf("person %d reads somebody else's record: %v", person, err)
		}
	}
}

func TestARecordOfALaterVersionIsLeftAlone(t *testing.T) {
	s := mustOpen(t, newPath(t))
	if err := s.commit(func(tx *bolt.Tx) error {
		key := number(71)
		return bucket(tx, peopleBucket).Put(key, s.box.seal([]byte(peopleBucket), key, []byte(`{"v":2}`)))
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(71); !errors.Is(err, ErrSchemaNewer) {
		t.Errorf("load: got %v, want ErrSchemaNewer", err)
	}
	if err := s.Save(sessiontest.Full(71)); !errors.Is(err, ErrSchemaNewer) {
		t.Errorf("save: got %v, want ErrSchemaNewer", err)
	}
}

// TestAPersonIsSmall bounds what people take in the file: one who has a link
// out besides a login, and many who come in any order and leave pages half full.
func TestAPersonIsSmall(t *testing.T) {
	r := byLoginTool(sessiontest.Full(5_000_000_071))
	r.Links, r.Replaced, r.Ending = r.Links[:1], nil, nil
	text, err := encodeRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(text) + 41; got > 1024 {
		t.Errorf("a record with a login and a link takes %d bytes, want at most 1024", got)
	}

	s := mustOpen(t, newPath(t))
	s.db.NoSync = true
	const people = 2000
	for i := range int64(people) {
		mustSave(t, s, typical(5_000_000_000+i*7919%people))
	}
	inFile(t, s, func(tx *bolt.Tx) {
		if got := tx.Size() / people; got > 1024 {
			t.Errorf("a person takes %d bytes of the file, want at most 1024", got)
		} else {
			t.Logf("%d bytes", got)
		}
	})
}
