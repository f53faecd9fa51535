package bottest

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kitebot/internal/bot"
)

// anAdmin decides in the suites.
const anAdmin = 9_100_000_099

// TestGuests checks the whole contract of [bot.GuestBook] within one process.
// Every call of open returns a new, empty book.
func TestGuests(t *testing.T, open func(t *testing.T) bot.GuestBook) {
	t.Run("nobody is in it at first", func(t *testing.T) { wantGuests(t, open(t)) })
	t.Run("everything comes back, in the order of the ids", func(t *testing.T) { testGuestsWhole(t, open(t)) })
	t.Run("each standing alone comes back", func(t *testing.T) { testGuestsStandings(t, open(t)) })
	t.Run("the last word counts", func(t *testing.T) { testGuestsReplaced(t, open(t)) })
	t.Run("unlisted is not kept", func(t *testing.T) { testGuestsRemoved(t, open(t)) })
	t.Run("the highest version of a removal stays", func(t *testing.T) { testGuestsVersion(t, open(t)) })
	t.Run("many hands", func(t *testing.T) { testGuestsManyHands(t, open(t)) })
}

// FullGuest returns a guest in whom every field is set.
func FullGuest(person int64) bot.Guest {
	return bot.Guest{
		Person: person, Standing: bot.Approved, Name: "Ámbar \u200f<b> & \"two\nlines\"",
		Since: time.Date(2026, 11, 23, 4, 30, 15, 0, time.UTC), By: anAdmin, Version: 1<<63 + 7,
	}
}

func testGuestsWhole(t *testing.T, b bot.GuestBook) {
	people := []int64{1, 255, 256, somePerson, otherPerson, math.MaxInt64}
	var want []bot.Guest
	for i := range people {
		mustSaveGuest(t, b, FullGuest(people[len(people)-1-i]))
		want = append(want, FullGuest(people[i]))
	}
	for range 2 { // reading changes nothing
		wantGuests(t, b, want...)
	}
}

func testGuestsStandings(t *testing.T, b bot.GuestBook) {
	for _, s := range []bot.Standing{bot.Waiting, bot.Approved, bot.Blocked} {
		g := bot.Guest{Person: somePerson, Standing: s}
		mustSaveGuest(t, b, g)
		wantGuests(t, b, g)
	}
}

func testGuestsReplaced(t *testing.T, b bot.GuestBook) {
	mustSaveGuest(t, b, FullGuest(somePerson))
	mustSaveGuest(t, b, FullGuest(otherPerson))
	second := bot.Guest{Person: somePerson, Standing: bot.Blocked, Since: FullGuest(0).Since.Add(time.Hour)}
	mustSaveGuest(t, b, second)
	wantGuests(t, b, second, FullGuest(otherPerson))
}

func testGuestsRemoved(t *testing.T, b bot.GuestBook) {
	nobody := FullGuest(somePerson)
	nobody.Standing = bot.Unlisted
	mustSaveGuest(t, b, nobody) // there is nothing to remove
	wantGuests(t, b)
	mustSaveGuest(t, b, FullGuest(somePerson))
	mustSaveGuest(t, b, FullGuest(otherPerson))
	mustSaveGuest(t, b, nobody)
	wantGuests(t, b, FullGuest(otherPerson))
}

func testGuestsVersion(t *testing.T, b bot.GuestBook) {
	for _, step := range []struct {
		guest bot.Guest
		want  uint64
	}{
		{bot.Guest{Person: somePerson, Standing: bot.Approved, Version: 5}, 0},
		{bot.Guest{Person: somePerson, Version: 7}, 7},
		{bot.Guest{Person: otherPerson, Standing: bot.Blocked, Version: 9}, 7},
		{bot.Guest{Person: otherPerson, Version: 6}, 7},
		{bot.Guest{Person: otherPerson}, 7},
	} {
		mustSaveGuest(t, b, step.guest)
		if got, err := b.Removed(); got != step.want || err != nil {
			t.Errorf("after %+v: removed %d, %v; want %d", step.guest, got, err, step.want)
		}
	}
	wantGuests(t, b)
}

// testGuestsManyHands writes from many goroutines, each about a person of its own.
func testGuestsManyHands(t *testing.T, b bot.GuestBook) {
	const hands, turns = 8, 5
	var wg sync.WaitGroup
	for i := range int64(hands) {
		wg.Go(func() {
			for turn := range turns {
				g := FullGuest(i + 1)
				g.Name = fmt.Sprint("turn ", turn)
				if err := b.SaveGuest(g); err != nil {
					t.Errorf("save: %v", err)
				}
				if _, err := b.Guests(); err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	wg.Wait()
	var want []bot.Guest
	for i := range int64(hands) {
		g := FullGuest(i + 1)
		g.Name = fmt.Sprint("turn ", turns-1)
		want = append(want, g)
	}
	wantGuests(t, b, want...)
}

func mustSaveGuest(t *testing.T, b bot.GuestBook, g bot.Guest) {
	t.Helper()
	if err := b.SaveGuest(g); err != nil {
		t.Fatalf("save guest %d: %v", g.Person, err)
	}
}

func wantGuests(t *testing.T, b bot.GuestBook, want ...bot.Guest) {
	t.Helper()
	got, err := b.Guests()
	if err != nil {
		t.Fatalf("read the guests: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("guests (-want +got):\n%s", diff)
	}
}
