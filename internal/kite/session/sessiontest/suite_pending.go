package sessiontest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/kite/session"
)

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
