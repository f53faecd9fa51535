package bottest

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"kitebot/internal/bot/access"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// anAdmin decides in the suites.
const anAdmin = 9_100_000_099

// TestAccess checks the whole contract of [access.Store] within one process.
// Every call of open returns a new, empty store.
func TestAccess(t *testing.T, open func(t *testing.T) access.Store) {
	t.Run("it is empty at first", func(t *testing.T) { wantAccess(t, open(t)) })
	t.Run("everything comes back, in the order of the ids", func(t *testing.T) { testAccessWhole(t, open(t)) })
	t.Run("each standing alone comes back", func(t *testing.T) { testAccessStandings(t, open(t)) })
	t.Run("the last word counts", func(t *testing.T) { testAccessReplaced(t, open(t)) })
	t.Run("unlisted is not kept", func(t *testing.T) { testAccessRemoved(t, open(t)) })
	t.Run("the highest version of a removal stays", func(t *testing.T) { testAccessVersion(t, open(t)) })
	t.Run("concurrent use", func(t *testing.T) { testAccessConcurrent(t, open(t)) })
}

// FullAccess returns a record in which every field is set.
func FullAccess(person int64) access.Record {
	return access.Record{
		Person: person, Standing: access.Approved, Name: "Ámbar \u200f<b> & \"two\nlines\"",
		Since: time.Date(2026, 11, 23, 4, 30, 15, 0, time.UTC), By: anAdmin, Version: 1<<63 + 7,
	}
}

func testAccessWhole(t *testing.T, b access.Store) {
	people := []int64{1, 255, 256, somePerson, otherPerson, math.MaxInt64}
	var want []access.Record
	for i := range people {
		mustSaveAccess(t, b, FullAccess(people[len(people)-1-i]))
		want = append(want, FullAccess(people[i]))
	}
	for range 2 { // reading changes nothing
		wantAccess(t, b, want...)
	}
}

func testAccessStandings(t *testing.T, b access.Store) {
	for _, s := range []access.Standing{access.Waiting, access.Approved, access.Blocked} {
		g := access.Record{Person: somePerson, Standing: s}
		mustSaveAccess(t, b, g)
		wantAccess(t, b, g)
	}
}

func testAccessReplaced(t *testing.T, b access.Store) {
	mustSaveAccess(t, b, FullAccess(somePerson))
	mustSaveAccess(t, b, FullAccess(otherPerson))
	second := access.Record{Person: somePerson, Standing: access.Blocked, Since: FullAccess(0).Since.Add(time.Hour)}
	mustSaveAccess(t, b, second)
	wantAccess(t, b, second, FullAccess(otherPerson))
}

func testAccessRemoved(t *testing.T, b access.Store) {
	unlisted := FullAccess(somePerson)
	unlisted.Standing = access.Unlisted
	mustSaveAccess(t, b, unlisted) // there is nothing to remove
	wantAccess(t, b)
	mustSaveAccess(t, b, FullAccess(somePerson))
	mustSaveAccess(t, b, FullAccess(otherPerson))
	mustSaveAccess(t, b, unlisted)
	wantAccess(t, b, FullAccess(otherPerson))
}

func testAccessVersion(t *testing.T, b access.Store) {
	for _, step := range []struct {
		record access.Record
		want   uint64
	}{
		{access.Record{Person: somePerson, Standing: access.Approved, Version: 5}, 0},
		{access.Record{Person: somePerson, Version: 7}, 7},
		{access.Record{Person: otherPerson, Standing: access.Blocked, Version: 9}, 7},
		{access.Record{Person: otherPerson, Version: 6}, 7},
		{access.Record{Person: otherPerson}, 7},
	} {
		mustSaveAccess(t, b, step.record)
		if got, err := b.AccessRemoved(); got != step.want || err != nil {
			t.Errorf("after %+v: removed %d, %v; want %d", step.record, got, err, step.want)
		}
	}
	wantAccess(t, b)
}

// testAccessConcurrent writes from many goroutines, each about a person of its own.
func testAccessConcurrent(t *testing.T, b access.Store) {
	const goroutines, rounds = 8, 5
	var wg sync.WaitGroup
	for i := range int64(goroutines) {
		wg.Go(func() {
			for round := range rounds {
				g := FullAccess(i + 1)
				g.Name = fmt.Sprint("round ", round)
				if err := b.SaveAccess(g); err != nil {
					t.Errorf("save: %v", err)
				}
				if _, err := b.AccessRecords(); err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	wg.Wait()
	var want []access.Record
	for i := range int64(goroutines) {
		g := FullAccess(i + 1)
		g.Name = fmt.Sprint("round ", rounds-1)
		want = append(want, g)
	}
	wantAccess(t, b, want...)
}

func mustSaveAccess(t *testing.T, b access.Store, g access.Record) {
	t.Helper()
	if err := b.SaveAccess(g); err != nil {
		t.Fatalf("save access of %d: %v", g.Person, err)
	}
}

func wantAccess(t *testing.T, b access.Store, want ...access.Record) {
	t.Helper()
	got, err := b.AccessRecords()
	if err != nil {
		t.Fatalf("read the records: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
