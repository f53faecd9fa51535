package bottest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
)

// Store is a store of all that the bot keeps itself. Logins are the session pool's;
// what becomes of their records is for the tests of the packages that keep them.
type Store interface {
	bot.Memory
	account.PrefStore
	access.Store
	bot.Journal
}

// TestMemory checks the contract of [bot.Memory] within one process. Every call
// of open returns a new, empty store.
func TestMemory(t *testing.T, open func(t *testing.T) Store) {
	t.Run("no one is known at first", func(t *testing.T) { wantPeople(t, open(t)) })
	t.Run("people are those of whom something is kept", func(t *testing.T) { testMemoryPeople(t, open(t)) })
	t.Run("everything is forgotten", func(t *testing.T) { testForgetAll(t, open(t)) })
	t.Run("others are not", func(t *testing.T) { testForgetOthers(t, open(t)) })
	t.Run("a place that is to stay is not", func(t *testing.T) { testForgetButThePlace(t, open(t)) })
	t.Run("a block is not", func(t *testing.T) { testForgetBlock(t, open(t)) })
	t.Run("a forgotten update never comes again", func(t *testing.T) { testForgetUpdates(t, open(t)) })
	t.Run("forgetting an unknown person is harmless", func(t *testing.T) { testForgetUnknown(t, open(t)) })
	t.Run("a new beginning", func(t *testing.T) { testForgetAndBegin(t, open(t)) })
}

func testMemoryPeople(t *testing.T, s Store) {
	mustSavePrefs(t, s, otherPerson, FullPrefs())
	mustSaveAccess(t, s, FullAccess(otherPerson))
	mustSaveAccess(t, s, FullAccess(somePerson))
	mustSavePrefs(t, s, 256, account.Prefs{Hide: true})
	wantPeople(t, s, 256, somePerson, otherPerson)
	mustSavePrefs(t, s, otherPerson, account.Prefs{})
	wantPeople(t, s, 256, somePerson, otherPerson)
	gone := access.Record{Person: otherPerson}
	mustSaveAccess(t, s, gone)
	wantPeople(t, s, 256, somePerson)
}

// fill writes all that the bot keeps of a person.
func fill(t *testing.T, s Store, person int64, updates ...int64) {
	t.Helper()
	mustSavePrefs(t, s, person, FullPrefs())
	mustSaveAccess(t, s, FullAccess(person))
	wantFresh(t, s, someBot, messagesOf(person, updates...), messagesOf(person, updates...)...)
}

func messagesOf(person int64, ids ...int64) []bot.Update {
	batch := messages(ids...)
	for i := range batch {
		batch[i].From, batch[i].Chat = person, person
	}
	return batch
}

func testForgetAll(t *testing.T, s Store) {
	fill(t, s, somePerson, 1, 2, 3)
	s.Answered(someBot, 2)
	mustForget(t, s, somePerson)
	wantPeople(t, s)
	wantPrefs(t, s, somePerson, account.Prefs{})
	wantAccess(t, s)
	wantUnanswered(t, s, someBot)
}

func testForgetOthers(t *testing.T, s Store) {
	fill(t, s, somePerson, 1, 3)
	fill(t, s, otherPerson, 2, 4)
	mustForget(t, s, somePerson)
	wantPeople(t, s, otherPerson)
	wantPrefs(t, s, otherPerson, FullPrefs())
	wantAccess(t, s, FullAccess(otherPerson))
	wantUnanswered(t, s, someBot, messagesOf(otherPerson, 2, 4)...)
}

func testForgetButThePlace(t *testing.T, s Store) {
	fill(t, s, somePerson, 1)
	fill(t, s, otherPerson, 2)
	for range 2 { // the second time there is nothing else
		if err := s.Forget(somePerson, true); err != nil {
			t.Fatalf("forget: %v", err)
		}
		wantPrefs(t, s, somePerson, account.Prefs{})
		wantUnanswered(t, s, someBot, messagesOf(otherPerson, 2)...)
		wantAccess(t, s, FullAccess(somePerson), FullAccess(otherPerson))
	}
}

func testForgetBlock(t *testing.T, s Store) {
	fill(t, s, somePerson, 1)
	blocked := FullAccess(somePerson)
	blocked.Standing = access.Blocked
	mustSaveAccess(t, s, blocked)
	mustForget(t, s, somePerson)
	wantPrefs(t, s, somePerson, account.Prefs{})
	wantUnanswered(t, s, someBot)
	wantPeople(t, s, somePerson)
	wantAccess(t, s, blocked)
}

// testForgetUpdates: what was waiting counts as seen, for every bot, and the
// one that asked to be forgotten is marked as answered afterwards.
func testForgetUpdates(t *testing.T, s Store) {
	fill(t, s, somePerson, 1, 2)
	wantFresh(t, s, otherBot, messagesOf(somePerson, 7), messagesOf(somePerson, 7)...)
	mustForget(t, s, somePerson)
	s.Answered(someBot, 1)
	wantFresh(t, s, someBot, messagesOf(somePerson, 1, 2, 3), messagesOf(somePerson, 3)...)
	wantFresh(t, s, otherBot, messagesOf(somePerson, 7))
	wantUnanswered(t, s, someBot, messagesOf(somePerson, 3)...)
	wantUnanswered(t, s, otherBot)
}

func testForgetUnknown(t *testing.T, s Store) {
	fill(t, s, otherPerson, 1)
	for range 2 {
		mustForget(t, s, somePerson)
		wantPeople(t, s, otherPerson)
	}
	wantUnanswered(t, s, someBot, messagesOf(otherPerson, 1)...)
}

func testForgetAndBegin(t *testing.T, s Store) {
	for first := range int64(3) {
		fill(t, s, somePerson, 10*first+1, 10*first+2)
		wantPeople(t, s, somePerson)
		mustForget(t, s, somePerson)
		wantPeople(t, s)
		wantUnanswered(t, s, someBot)
	}
}

func mustForget(t *testing.T, s Store, person int64) {
	t.Helper()
	if err := s.Forget(person, false); err != nil {
		t.Fatalf("forget %d: %v", person, err)
	}
}

func wantPeople(t *testing.T, s Store, want ...int64) {
	t.Helper()
	got, err := s.People()
	if err != nil {
		t.Fatalf("list people: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}
