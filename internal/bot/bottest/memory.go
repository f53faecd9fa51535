package bottest

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
)

// Kept is what [bot.Memory] is a view of, as far as the bot writes it: four
// interfaces to one store. Logins are the session pool's; what becomes of their
// records is for the tests of the packages that keep them.
type Kept struct {
	Memory  bot.Memory
	Prefs   account.PrefStore
	Access  access.Store
	Journal bot.Journal
}

// TestMemory checks the contract of [bot.Memory] within one process. Every call
// of open returns a new, empty store.
func TestMemory(t *testing.T, open func(t *testing.T) Kept) {
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

func testMemoryPeople(t *testing.T, k Kept) {
	mustSavePrefs(t, k.Prefs, otherPerson, FullPrefs())
	mustSaveAccess(t, k.Access, FullAccess(otherPerson))
	mustSaveAccess(t, k.Access, FullAccess(somePerson))
	mustSavePrefs(t, k.Prefs, 256, account.Prefs{Hide: true})
	wantPeople(t, k, 256, somePerson, otherPerson)
	mustSavePrefs(t, k.Prefs, otherPerson, account.Prefs{})
	wantPeople(t, k, 256, somePerson, otherPerson)
	gone := access.Record{Person: otherPerson}
	mustSaveAccess(t, k.Access, gone)
	wantPeople(t, k, 256, somePerson)
}

// fill writes all that the bot keeps of a person.
func fill(t *testing.T, k Kept, person int64, updates ...int64) {
	t.Helper()
	mustSavePrefs(t, k.Prefs, person, FullPrefs())
	mustSaveAccess(t, k.Access, FullAccess(person))
	wantFresh(t, k.Journal, someBot, messagesOf(person, updates...), messagesOf(person, updates...)...)
}

func messagesOf(person int64, ids ...int64) []bot.Update {
	batch := messages(ids...)
	for i := range batch {
		batch[i].From, batch[i].Chat = person, person
	}
	return batch
}

func testForgetAll(t *testing.T, k Kept) {
	fill(t, k, somePerson, 1, 2, 3)
	k.Journal.Answered(someBot, 2)
	mustForget(t, k, somePerson)
	wantPeople(t, k)
	wantPrefs(t, k.Prefs, somePerson, account.Prefs{})
	wantAccess(t, k.Access)
	wantUnanswered(t, k.Journal, someBot)
}

func testForgetOthers(t *testing.T, k Kept) {
	fill(t, k, somePerson, 1, 3)
	fill(t, k, otherPerson, 2, 4)
	mustForget(t, k, somePerson)
	wantPeople(t, k, otherPerson)
	wantPrefs(t, k.Prefs, otherPerson, FullPrefs())
	wantAccess(t, k.Access, FullAccess(otherPerson))
	wantUnanswered(t, k.Journal, someBot, messagesOf(otherPerson, 2, 4)...)
}

func testForgetButThePlace(t *testing.T, k Kept) {
	fill(t, k, somePerson, 1)
	fill(t, k, otherPerson, 2)
	for range 2 { // the second time there is nothing else
		if err := k.Memory.Forget(somePerson, true); err != nil {
			t.Fatalf("forget: %v", err)
		}
		wantPrefs(t, k.Prefs, somePerson, account.Prefs{})
		wantUnanswered(t, k.Journal, someBot, messagesOf(otherPerson, 2)...)
		wantAccess(t, k.Access, FullAccess(somePerson), FullAccess(otherPerson))
	}
}

func testForgetBlock(t *testing.T, k Kept) {
	fill(t, k, somePerson, 1)
	blocked := FullAccess(somePerson)
	blocked.Standing = access.Blocked
	mustSaveAccess(t, k.Access, blocked)
	mustForget(t, k, somePerson)
	wantPrefs(t, k.Prefs, somePerson, account.Prefs{})
	wantUnanswered(t, k.Journal, someBot)
	wantPeople(t, k, somePerson)
	wantAccess(t, k.Access, blocked)
}

// testForgetUpdates: what was waiting counts as seen, for every bot, and the
// one that asked to be forgotten is marked as answered afterwards.
func testForgetUpdates(t *testing.T, k Kept) {
	fill(t, k, somePerson, 1, 2)
	wantFresh(t, k.Journal, otherBot, messagesOf(somePerson, 7), messagesOf(somePerson, 7)...)
	mustForget(t, k, somePerson)
	k.Journal.Answered(someBot, 1)
	wantFresh(t, k.Journal, someBot, messagesOf(somePerson, 1, 2, 3), messagesOf(somePerson, 3)...)
	wantFresh(t, k.Journal, otherBot, messagesOf(somePerson, 7))
	wantUnanswered(t, k.Journal, someBot, messagesOf(somePerson, 3)...)
	wantUnanswered(t, k.Journal, otherBot)
}

func testForgetUnknown(t *testing.T, k Kept) {
	fill(t, k, otherPerson, 1)
	for range 2 {
		mustForget(t, k, somePerson)
		wantPeople(t, k, otherPerson)
	}
	wantUnanswered(t, k.Journal, someBot, messagesOf(otherPerson, 1)...)
}

func testForgetAndBegin(t *testing.T, k Kept) {
	for first := range int64(3) {
		fill(t, k, somePerson, 10*first+1, 10*first+2)
		wantPeople(t, k, somePerson)
		mustForget(t, k, somePerson)
		wantPeople(t, k)
		wantUnanswered(t, k.Journal, someBot)
	}
}

func mustForget(t *testing.T, k Kept, person int64) {
	t.Helper()
	if err := k.Memory.Forget(person, false); err != nil {
		t.Fatalf("forget %d: %v", person, err)
	}
}

func wantPeople(t *testing.T, k Kept, want ...int64) {
	t.Helper()
	got, err := k.Memory.People()
	if err != nil {
		t.Fatalf("list people: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

// MemMemory is a [bot.Memory] over the other stores in memory. Safe for concurrent use,
// though only the store forgets in one commit.
type MemMemory struct {
	Prefs   *MemPrefs
	Access  *MemAccess
	Journal *MemJournal
	// Records returns the people who have a session record; nil for none.
	Records func() []int64
}

// People implements [bot.Memory].
func (m *MemMemory) People() ([]int64, error) {
	records, err := m.Access.AccessRecords()
	if err != nil {
		return nil, err
	}
	all := map[int64]bool{}
	for _, g := range records {
		all[g.Person] = true
	}
	for _, person := range m.Prefs.chosen() {
		all[person] = true
	}
	if m.Records != nil {
		for _, person := range m.Records() {
			all[person] = true
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// Forget implements [bot.Memory]. It fails where the preferences are broken.
func (m *MemMemory) Forget(person int64, place bool) error {
	if err := m.Prefs.SavePrefs(person, account.Prefs{}); err != nil {
		return err
	}
	if !place {
		m.Access.forget(person)
	}
	m.Journal.forget(person)
	return nil
}
