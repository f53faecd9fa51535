package bottest

import (
	"maps"
	"slices"

	"kitebot/internal/bot/account"
)

// MemMemory is a [bot.Memory] over the other twins. Safe for concurrent use,
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
	guests, err := m.Access.AccessRecords()
	if err != nil {
		return nil, err
	}
	all := map[int64]bool{}
	for _, g := range guests {
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
