package store

import (
	"encoding/json"
	"fmt"

	"kitebot/internal/bot/account"

	bolt "go.etcd.io/bbolt"
)

var _ account.PrefStore = (*Store)(nil)

// prefsV1 is a [account.Prefs] on disk. The person is the key it is stored under.
type prefsV1 struct {
	V         int               `json:"v"`
	Hide      bool              `json:"hide,omitempty"`
	Native    bool              `json:"native,omitempty"`
	NoWarning bool              `json:"no_warning,omitempty"`
	NoNotices bool              `json:"no_notices,omitempty"`
	Watch     []string          `json:"watch,omitempty"`
	Picks     map[string]string `json:"picks,omitempty"`
}

// LoadPrefs returns a person's preferences, the zero value when there are none.
// Preferences that are not what was written are an error of this person alone,
// [ErrDamaged]; the next SavePrefs replaces them.
func (s *Store) LoadPrefs(person int64) (account.Prefs, error) {
	var p account.Prefs
	err := s.view(func(tx *bolt.Tx) (err error) {
		p, err = s.readPrefs(tx, person)
		return err
	})
	if err != nil {
		return account.Prefs{}, fmt.Errorf("load preferences of person %d: %w", person, err)
	}
	return p, nil
}

// SavePrefs replaces a person's preferences in one commit. Preferences that say
// nothing are removed.
func (s *Store) SavePrefs(person int64, p account.Prefs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.commit(func(tx *bolt.Tx) error { return s.writePrefs(tx, person, p) })
	if err != nil {
		return fmt.Errorf("save preferences of person %d: %w", person, err)
	}
	return nil
}

func (s *Store) readPrefs(tx *bolt.Tx, person int64) (account.Prefs, error) {
	key := number(uint64(person))
	sealed := bucket(tx, prefsBucket).Get(key)
	if sealed == nil {
		return account.Prefs{}, nil
	}
	text, err := s.box.open([]byte(prefsBucket), key, sealed)
	if err != nil {
		return account.Prefs{}, err
	}
	return decodePrefs(text)
}

func decodePrefs(text []byte) (account.Prefs, error) {
	var in prefsV1
	if err := json.Unmarshal(text, &in); err != nil {
		return account.Prefs{}, fmt.Errorf("%w (preferences are no JSON)", ErrDamaged) // err may quote them
	}
	if in.V != 1 {
		return account.Prefs{}, fmt.Errorf("preferences of version %d are not known: %w", in.V, ErrSchemaNewer)
	}
	return account.Prefs{Hide: in.Hide, Native: in.Native, NoWarning: in.NoWarning, NoNotices: in.NoNotices, Watch: in.Watch, Picks: in.Picks}, nil
}

func (s *Store) writePrefs(tx *bolt.Tx, person int64, p account.Prefs) error {
	prefs, key := bucket(tx, prefsBucket), number(uint64(person))
	if p.IsZero() {
		return prefs.Delete(key)
	}
	text, err := encodePrefs(p)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return prefs.Put(key, s.box.seal([]byte(prefsBucket), key, text))
}

func encodePrefs(p account.Prefs) ([]byte, error) {
	return json.Marshal(prefsV1{
		V: 1, Hide: p.Hide, Native: p.Native, NoWarning: p.NoWarning, NoNotices: p.NoNotices, Watch: p.Watch, Picks: p.Picks,
	})
}
