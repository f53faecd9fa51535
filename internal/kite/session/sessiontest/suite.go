package sessiontest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// TestStore checks the whole contract of [session.Store]. Every call of open
// returns a new, empty store.
func TestStore(t *testing.T, open func(t *testing.T) session.Store) {
	t.Run("no one is known at first", func(t *testing.T) { testUnknown(t, open(t)) })
	t.Run("a record comes back whole", func(t *testing.T) { testRoundTrip(t, open(t)) })
	t.Run("any record comes back", func(t *testing.T) { testAnyRecord(t, open(t)) })
	t.Run("a save replaces", func(t *testing.T) { testReplace(t, open(t)) })
	t.Run("an emptied record is gone", func(t *testing.T) { testEmptied(t, open(t)) })
	t.Run("records are copies", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("times are UTC", func(t *testing.T) { testUTC(t, open(t)) })
	t.Run("a Kite user has one owner", func(t *testing.T) { testOwned(t, open(t)) })
	t.Run("a logout frees the Kite user", func(t *testing.T) { testLogoutFrees(t, open(t)) })
	t.Run("another login frees the Kite user", func(t *testing.T) { testChangeFrees(t, open(t)) })
	t.Run("a refused save changes nothing", func(t *testing.T) { testRefusedChangesNothing(t, open(t)) })
	t.Run("several records are saved or none is", func(t *testing.T) { testSeveral(t, open(t)) })
	t.Run("only a login owns", func(t *testing.T) { testLastOwnsNothing(t, open(t)) })
	t.Run("a login without a user owns nothing", func(t *testing.T) { testNamelessOwnsNothing(t, open(t)) })
	t.Run("of many at once one becomes the owner", func(t *testing.T) { testRace(t, open(t)) })
	t.Run("pending people are listed", func(t *testing.T) { testPending(t, open(t)) })
	t.Run("a login is due before it is over", func(t *testing.T) { testDueBeforeTheEnd(t, open(t)) })
	t.Run("who is due follows any record", func(t *testing.T) { testAnyDue(t, open(t)) })
}

func testUnknown(t *testing.T, s session.Store) {
	if diff := Diff(session.Record{Person: 71}, load(t, s, 71)); diff != "" {
		t.Errorf("an unknown person's record (-want +got):\n%s", diff)
	}
	wantPending(t, s)
}

func testRoundTrip(t *testing.T, s session.Store) {
	for _, person := range []int64{1, 71, 5_000_000_000, 1<<52 - 1} {
		save(t, s, Full(person))
	}
	for _, person := range []int64{1, 71, 5_000_000_000, 1<<52 - 1} {
		wantRecord(t, s, Full(person))
	}
}

func testAnyRecord(t *testing.T, s session.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		want := Records(71).Draw(rt, "record")
		if err := s.Save(want); err != nil {
			rt.Fatalf("save: %v", err)
		}
		got, err := s.Load(71)
		if err != nil {
			rt.Fatalf("load: %v", err)
		}
		if diff := Diff(want, got); diff != "" {
			rt.Fatalf("the record (-want +got):\n%s", diff)
		}
	})
}

func testReplace(t *testing.T, s session.Store) {
	save(t, s, Full(71))
	want := session.Record{Person: 71, Last: kite.Identity{UserID: "ZZ0071", Name: "Sample"}}
	save(t, s, want)
	wantRecord(t, s, want)
}

func testEmptied(t *testing.T, s session.Store) {
	save(t, s, Full(71))
	save(t, s, Full(72))
	save(t, s, session.Record{Person: 71})
	wantRecord(t, s, session.Record{Person: 71})
	wantRecord(t, s, Full(72))
	wantPending(t, s, atOnce(72)...)
	save(t, s, session.Record{Person: 73}) // nothing to remove is no error
}

func testCopies(t *testing.T, s session.Store) {
	given := Full(71)
	save(t, s, given)
	scribble(given)
	wantRecord(t, s, Full(71))
	scribble(load(t, s, 71))
	wantRecord(t, s, Full(71))
}

// scribble writes over everything that a shared record would share.
func scribble(r session.Record) {
	r.Login.User.Name = "scribbled"
	r.Links[0].Ref = "scribbled"
	r.Replaced[0].Since = time.Time{}
	r.Ending[0].Since = time.Time{}
}

func testUTC(t *testing.T, s session.Store) {
	r := LoggedIn(71, "ZZ0071")
	zone := time.FixedZone("sample", 19800)
	r.Login.Bound, r.Login.Used = r.Login.Bound.In(zone), r.Login.Used.In(zone)
	save(t, s, r)
	login := load(t, s, 71).Login
	for name, got := range map[string]time.Time{"bound": login.Bound, "used": login.Used} {
		if got.Location() != time.UTC {
			t.Errorf("%s came back in %v, want UTC", name, got.Location())
		}
	}
}

func testOwned(t *testing.T, s session.Store) {
	save(t, s, LoggedIn(71, "ZZ0001"))
	save(t, s, LoggedIn(71, "ZZ0001")) // one's own user again is no conflict
	wantOwned(t, s, LoggedIn(72, "ZZ0001"), 71)

	unconfirmed := LoggedIn(73, "ZZ0002")
	unconfirmed.Login.Confirmed = false
	save(t, s, unconfirmed)
	wantOwned(t, s, LoggedIn(72, "ZZ0002"), 73)
}

func testLogoutFrees(t *testing.T, s session.Store) {
	r := LoggedIn(71, "ZZ0001")
	save(t, s, r)
	save(t, s, session.Record{Person: 71, Last: r.Login.User})
	save(t, s, LoggedIn(72, "ZZ0001"))
	wantOwned(t, s, LoggedIn(71, "ZZ0001"), 72)
	save(t, s, session.Record{Person: 72})
	save(t, s, LoggedIn(71, "ZZ0001"))
}

func testChangeFrees(t *testing.T, s session.Store) {
	save(t, s, LoggedIn(71, "ZZ0001"))
	save(t, s, LoggedIn(71, "ZZ0002"))
	save(t, s, LoggedIn(72, "ZZ0001"))
	wantOwned(t, s, LoggedIn(72, "ZZ0002"), 71)
}

func testRefusedChangesNothing(t *testing.T, s session.Store) {
	save(t, s, LoggedIn(71, "ZZ0001"))
	before := LoggedIn(72, "ZZ0002")
	save(t, s, before)

	refused := Full(72)
	refused.Login.User.UserID = "ZZ0001"
	wantOwned(t, s, refused, 71)

	wantRecord(t, s, before)
	wantRecord(t, s, LoggedIn(71, "ZZ0001"))
	wantPending(t, s)
	wantOwned(t, s, LoggedIn(73, "ZZ0002"), 72)
}

func testSeveral(t *testing.T, s session.Store) {
	save(t, s, LoggedIn(71, "ZZ0001"))
	if err := s.Save(session.Record{Person: 71, Contested: true}, LoggedIn(72, "ZZ0001")); err != nil {
		t.Fatalf("save two: %v", err) // what the first lets go of the second may have
	}
	wantRecord(t, s, session.Record{Person: 71, Contested: true})
	wantRecord(t, s, LoggedIn(72, "ZZ0001"))

	checkOwned(t, s.Save(session.Record{Person: 71, Last: kite.Identity{UserID: "ZZ0003"}}, LoggedIn(73, "ZZ0001")), 72)
	wantRecord(t, s, session.Record{Person: 71, Contested: true})
	wantRecord(t, s, session.Record{Person: 73})
}

func testLastOwnsNothing(t *testing.T, s session.Store) {
	save(t, s, session.Record{Person: 71, Last: kite.Identity{UserID: "ZZ0001"}})
	save(t, s, LoggedIn(72, "ZZ0001"))
}

func testNamelessOwnsNothing(t *testing.T, s session.Store) {
	save(t, s, LoggedIn(71, ""))
	save(t, s, LoggedIn(72, ""))
	wantRecord(t, s, LoggedIn(71, ""))
}

func testRace(t *testing.T, s session.Store) {
	const people = 16
	errs := make([]error, people)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() { errs[i] = s.Save(LoggedIn(int64(i+1), "ZZ0001")) })
	}
	wg.Wait()

	winner := slices.Index(errs, nil)
	if winner < 0 {
		t.Fatalf("no one became the owner: %v", errs)
	}
	for i, err := range errs {
		if i != winner {
			checkOwned(t, err, int64(winner+1))
		}
	}
}

func testPending(t *testing.T, s session.Store) {
	full := Full(71)
	save(t, s, session.Record{Person: 74, Links: full.Links})
	save(t, s, session.Record{Person: 72, Ending: full.Ending})
	save(t, s, session.Record{Person: 73, Replaced: full.Replaced, Login: full.Login})
	wantPending(t, s, atOnce(72, 74)...)
	save(t, s, session.Record{Person: 72, Replaced: full.Replaced})
	save(t, s, session.Record{Person: 73, Links: full.Links, Login: full.Login})
	wantPending(t, s, atOnce(73, 74)...)
	save(t, s, session.Record{Person: 74})
	wantPending(t, s, atOnce(73)...)
}

func testDueBeforeTheEnd(t *testing.T, s session.Store) {
	r := LoggedIn(71, "ZZ0001")
	save(t, s, r)
	wantPending(t, s) // warned

	r.Login.Warned = false
	save(t, s, r)
	due := session.Due{Person: 71, At: r.Login.Until().Add(-session.WarnBefore).Truncate(time.Second)}
	wantPending(t, s, due)

	r.Links = Full(71).Links // the links come first
	save(t, s, r)
	wantPending(t, s, atOnce(71)...)
	r.Links = nil
	save(t, s, r)
	wantPending(t, s, due)

	save(t, s, session.Record{Person: 70, Ending: Full(70).Ending})
	wantPending(t, s, session.Due{Person: 70}, due)

	r.Login.Confirmed = false
	save(t, s, r)
	wantPending(t, s, atOnce(70)...)
	r.Login.Confirmed = true
	save(t, s, r)
	wantPending(t, s, session.Due{Person: 70}, due)
	save(t, s, session.Record{Person: 71})
	wantPending(t, s, atOnce(70)...)
}

// testAnyDue: whatever is stored, the list says what the record says.
func testAnyDue(t *testing.T, s session.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		r := Records(71).Draw(rt, "record")
		if err := s.Save(r); err != nil {
			rt.Fatalf("save: %v", err)
		}
		var want []session.Due
		if due, ok := r.Due(); ok {
			want = append(want, due)
		}
		got, err := s.Pending()
		if err != nil {
			rt.Fatalf("pending: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("pending (-want +got):\n%s", diff)
		}
	})
}

// atOnce are people who are due from the start of the process.
func atOnce(people ...int64) []session.Due {
	var due []session.Due
	for _, person := range people {
		due = append(due, session.Due{Person: person})
	}
	return due
}

func wantPending(t *testing.T, s session.Store, want ...session.Due) {
	t.Helper()
	got, err := s.Pending()
	if err != nil {
		t.Fatalf("pending: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
}

func save(t *testing.T, s session.Store, r session.Record) {
	t.Helper()
	if err := s.Save(r); err != nil {
		t.Fatalf("save person %d: %v", r.Person, err)
	}
}

func load(t *testing.T, s session.Store, person int64) session.Record {
	t.Helper()
	r, err := s.Load(person)
	if err != nil {
		t.Fatalf("load person %d: %v", person, err)
	}
	return r
}

func wantRecord(t *testing.T, s session.Store, want session.Record) {
	t.Helper()
	if diff := Diff(want, load(t, s, want.Person)); diff != "" {
		t.Errorf("the record of person %d (-want +got):\n%s", want.Person, diff)
	}
}

// wantOwned saves r and wants the refusal to name the owner.
func wantOwned(t *testing.T, s session.Store, r session.Record, owner int64) {
	t.Helper()
	checkOwned(t, s.Save(r), owner)
}

func checkOwned(t *testing.T, err error, owner int64) {
	t.Helper()
	var owned *session.OwnedError
	if !errors.As(err, &owned) {
		t.Fatalf("save: got %v, want an OwnedError", err)
	}
	if owned.Person != owner {
		t.Errorf("the owner is said to be %d, want %d", owned.Person, owner)
	}
}
