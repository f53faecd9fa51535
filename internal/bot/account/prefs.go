package account

import "reflect"

// Prefs is what a person chose once and wants kept. The zero value is how
// everyone begins: amounts shown, tables as text, nothing watched, nothing
// picked.
//
// Its JSON tags are the file format of the store: a changed tag loses what people
// chose, and a changed type makes it unreadable.
type Prefs struct {
	// Hide is privacy mode: shares and percentages, but no amounts.
	Hide bool `json:"hide,omitempty"`
	// Native asks for Telegram's own tables instead of text ones.
	Native bool `json:"native,omitempty"`
	// NoWarning: no message before a login ends.
	NoWarning bool `json:"no_warning,omitempty"`
	// NoNotices, of an operator: do not write without being asked.
	NoNotices bool `json:"no_notices,omitempty"`
	// Watch is the person's list of symbols, such as "NSE:INFY", in their order.
	Watch []string `json:"watch,omitempty"`
	// Picks remembers which of several symbols was meant: what the person typed →
	// "NSE:INFY".
	Picks map[string]string `json:"picks,omitempty"`
}

// IsZero reports whether nothing was chosen.
func (p Prefs) IsZero() bool {
	for _, field := range reflect.ValueOf(p).Fields() {
		empty := (field.Kind() == reflect.Slice || field.Kind() == reflect.Map) && field.Len() == 0
		if !empty && !field.IsZero() {
			return false
		}
	}
	return true
}

// PrefStore keeps preferences by person, a Telegram user id. It does not
// bound lists: the caller that adds to one does.
type PrefStore interface {
	// LoadPrefs returns a person's preferences, the zero Prefs where none are kept.
	// The caller owns the result. An error concerns this person's preferences alone,
	// and a later SavePrefs may end it.
	LoadPrefs(person int64) (Prefs, error)
	// SavePrefs replaces a person's preferences. Once it returned they outlive a
	// crash. Preferences that say nothing are removed.
	SavePrefs(person int64, p Prefs) error
}
