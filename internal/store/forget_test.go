package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func TestBotMemory(t *testing.T) {
	bottest.TestMemory(t, func(t *testing.T) bottest.Store { return mustOpen(t, newPath(t)) })
}

func mustForget(t testing.TB, s *Store, person int64) {
	t.Helper()
	if err := s.Forget(person, false); err != nil {
		t.Fatal(err)
	}
}

func wantPeople(t *testing.T, s *Store, want ...int64) {
	t.Helper()
	if got, err := s.People(); err != nil || !slices.Equal(got, want) {
		t.Errorf("people: got %v, %v, want %v", got, err, want)
	}
}

// from returns an update of a person.
func from(person, id int64) bot.Update {
	u := bottest.Message(id)
	u.From, u.Chat = person, person
	return u
}

func TestPeopleAreOfThreeBuckets(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.Full(71), session.Record{Person: 75})
	mustSavePrefs(t, s, 300, account.Prefs{Hide: true})
	mustSavePrefs(t, s, 71, account.Prefs{Hide: true})
	mustSaveAccess(t, s, bottest.FullAccess(72))
	mustTake(t, s, 7, from(74, 1)) // an update alone makes nobody known
	mustClose(t, s)
	damageRecord(t, path, 71)
	wantPeople(t, mustOpen(t, path), 71, 72, 300)
}

// TestForgetIsOneCommit lets everything of a person go and finds it gone after a
// restart, but for the numbers of the updates.
func TestForgetIsOneCommit(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, session.Record{Person: 71, Last: kite.Identity{UserID: "ZZ0071"}}, sessiontest.Full(72))
	mustSavePrefs(t, s, 71, bottest.FullPrefs())
	mustSaveAccess(t, s, bottest.FullAccess(71))
	mustTake(t, s, 7, from(71, 1), from(72, 2), from(71, 3))
	mustTake(t, s, 8, from(71, 1))
	before := commits(t, s)
	mustForget(t, s, 71)
	if got := commits(t, s) - before; got != 1 {
		t.Errorf("%d commits, want 1", got)
	}
	s.Answered(7, 3) // the /forget itself, answered after it was forgotten
	mustClose(t, s)

	s = mustOpen(t, path)
	wantPeople(t, s, 72)
	for name, want := range map[bucketName]int{
		peopleBucket: 1, ownersBucket: 1, pendingBucket: 1, prefsBucket: 0, accessBucket: 0, journalBucket: 1, answeredBucket: 3,
	} {
		if got := count(t, s, name); got != want {
			t.Errorf("bucket %s holds %d, want %d", name, got, want)
		}
	}
	if fresh := mustTake(t, s, 7, from(71, 1), from(71, 3)); len(fresh) != 0 {
		t.Errorf("forgotten updates are taken again: %v", fresh)
	}
	if diff := cmp.Diff([]bot.Update{from(72, 2)}, mustUnanswered(t, s, 7)); diff != "" {
		t.Errorf("unanswered (-want +got):\n%s", diff)
	}
}

func TestForgetLeavesSessionsToBeEnded(t *testing.T) {
	full := sessiontest.Full(71)
	for name, r := range map[string]session.Record{
		"a login":           {Person: 71, Login: full.Login},
		"a link":            {Person: 71, Links: full.Links},
		"a lapsing session": {Person: 71, Replaced: full.Replaced},
		"an ending session": {Person: 71, Ending: full.Ending, Leaving: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, newPath(t))
			mustSave(t, s, r)
			mustSavePrefs(t, s, 71, bottest.FullPrefs())
			mustForget(t, s, 71)
			got, err := s.Load(71)
			if diff := sessiontest.Diff(r, got); err != nil || diff != "" {
				t.Errorf("the record: %v (-want +got):\n%s", err, diff)
			}
			if p := mustLoadPrefs(t, s, 71); !cmp.Equal(p, account.Prefs{}) {
				t.Errorf("the preferences were kept: %+v", p)
			}
			mustSave(t, s, session.Record{Person: 71, Last: full.Last}) // ended
			mustForget(t, s, 71)
			wantPeople(t, s)
		})
	}
}

// TestForgetADamagedRecord: what cannot be read can only be erased, and its Kite
// user is free again.
func TestForgetADamagedRecord(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), sessiontest.LoggedIn(72, "ZZ0002"))
	mustClose(t, s)
	damageRecord(t, path, 71)

	s = mustOpen(t, path)
	mustForget(t, s, 71)
	wantPeople(t, s, 72)
	mustSave(t, s, sessiontest.LoggedIn(73, "ZZ0001"))
	var owned *session.OwnedError
	if err := s.Save(sessiontest.LoggedIn(74, "ZZ0002")); !errors.As(err, &owned) || owned.Person != 72 {
		t.Errorf("the other owner was forgotten: %v", err)
	}
}

// TestForgetIsWhole lets the commit fail and wants nothing to be forgotten.
func TestForgetIsWhole(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustSavePrefs(t, s, 71, bottest.FullPrefs())
	mustTake(t, s, 7, from(71, 1))
	if err := s.commit(func(tx *bolt.Tx) error {
		key := number(71)
		return bucket(tx, peopleBucket).Put(key, s.box.seal([]byte(peopleBucket), key, []byte(`{"v":2}`)))
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(71, false); !errors.Is(err, ErrSchemaNewer) {
		t.Errorf("got %v, want ErrSchemaNewer", err)
	}
	if p := mustLoadPrefs(t, s, 71); !cmp.Equal(p, bottest.FullPrefs()) {
		t.Errorf("half of it was forgotten: %+v", p)
	}
	if got := mustUnanswered(t, s, 7); len(got) != 1 {
		t.Errorf("%d updates wait, want 1", len(got))
	}
}
