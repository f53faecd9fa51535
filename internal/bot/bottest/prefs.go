package bottest

import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"

	"kitebot/internal/bot/account"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The people of the suite.
const (
	somePerson  = 9_100_000_071
	otherPerson = 9_100_000_072
)

// TestPrefs checks the whole contract of [account.PrefStore] within one process.
// Every call of open returns a new, empty store.
func TestPrefs(t *testing.T, open func(t *testing.T) account.PrefStore) {
	t.Run("no one has any at first", func(t *testing.T) { wantPrefs(t, open(t), somePerson, account.Prefs{}) })
	t.Run("everything comes back", func(t *testing.T) { testPrefsWhole(t, open(t)) })
	t.Run("each field alone comes back", func(t *testing.T) { testPrefsFields(t, open(t)) })
	t.Run("the last word counts", func(t *testing.T) { testPrefsReplaced(t, open(t)) })
	t.Run("nothing chosen is nothing kept", func(t *testing.T) { testPrefsRemoved(t, open(t)) })
	t.Run("people are apart", func(t *testing.T) { testPrefsPeople(t, open(t)) })
	t.Run("what is kept is a copy", func(t *testing.T) { testPrefsCopied(t, open(t)) })
	t.Run("concurrent use", func(t *testing.T) { testPrefsConcurrent(t, open(t)) })
}

// FullPrefs returns preferences in which every field is set: a field that is a
// switch by itself, any other by name.
func FullPrefs() account.Prefs {
	full := account.Prefs{
		Watch: []string{"NSE:NIFTY 50", "BSE:M&M", "NSE:INFY", "NSE:INFY"},
		Picks: map[string]string{"m&m": "NSE:M&M", "इंफोसिस <b>": "NSE:INFY", "\"two\nlines\"": "BSE:TWO", "": "NSE:NONE"},
	}
	for _, field := range reflect.ValueOf(&full).Elem().Fields() {
		if field.Kind() == reflect.Bool {
			field.SetBool(true)
		}
	}
	return full
}

func testPrefsWhole(t *testing.T, s account.PrefStore) {
	mustSavePrefs(t, s, somePerson, FullPrefs())
	for range 2 { // reading changes nothing
		wantPrefs(t, s, somePerson, FullPrefs())
	}
}

// testPrefsFields finds the fields by itself, so that a new one that is not stored
// fails.
func testPrefsFields(t *testing.T, s account.PrefStore) {
	full := reflect.ValueOf(FullPrefs())
	for i := range full.NumField() {
		name := full.Type().Field(i).Name
		if full.Field(i).IsZero() {
			t.Errorf("FullPrefs leaves %s out", name)
			continue
		}
		var p account.Prefs
		reflect.ValueOf(&p).Elem().Field(i).Set(full.Field(i))
		if p.IsZero() {
			t.Errorf("preferences with nothing but %s count as none", name)
		}
		mustSavePrefs(t, s, somePerson, p)
		wantPrefs(t, s, somePerson, p)
	}
}

func testPrefsReplaced(t *testing.T, s account.PrefStore) {
	mustSavePrefs(t, s, somePerson, FullPrefs())
	second := account.Prefs{Native: true, Watch: []string{"NSE:INFY"}, Picks: map[string]string{"x": "NSE:X"}}
	mustSavePrefs(t, s, somePerson, second)
	wantPrefs(t, s, somePerson, second)
}

func testPrefsRemoved(t *testing.T, s account.PrefStore) {
	for _, nothing := range []account.Prefs{{}, {Watch: []string{}, Picks: map[string]string{}}} {
		mustSavePrefs(t, s, otherPerson, nothing) // there is nothing to remove
		mustSavePrefs(t, s, somePerson, FullPrefs())
		mustSavePrefs(t, s, somePerson, nothing)
		wantPrefs(t, s, somePerson, account.Prefs{})
		wantPrefs(t, s, otherPerson, account.Prefs{})
	}
}

func testPrefsPeople(t *testing.T, s account.PrefStore) {
	people := []int64{0, 1, 256, somePerson, otherPerson, math.MaxInt64, -1}
	for _, person := range people {
		mustSavePrefs(t, s, person, account.Prefs{Watch: []string{fmt.Sprint("NSE:", person)}})
	}
	mustSavePrefs(t, s, 1, account.Prefs{})
	for _, person := range people {
		if person == 1 {
			wantPrefs(t, s, person, account.Prefs{})
			continue
		}
		wantPrefs(t, s, person, account.Prefs{Watch: []string{fmt.Sprint("NSE:", person)}})
	}
}

func testPrefsCopied(t *testing.T, s account.PrefStore) {
	given := FullPrefs()
	mustSavePrefs(t, s, somePerson, given)
	spoil(given)
	wantPrefs(t, s, somePerson, FullPrefs())

	got, err := s.LoadPrefs(somePerson)
	if err != nil {
		t.Fatal(err)
	}
	spoil(got)
	wantPrefs(t, s, somePerson, FullPrefs())
}

// spoil changes what p refers to.
func spoil(p account.Prefs) {
	p.Watch[0] = "spoilt"
	p.Picks["m&m"] = "spoilt"
}

// testPrefsConcurrent saves and loads from many goroutines, each for a person of
// its own.
func testPrefsConcurrent(t *testing.T, s account.PrefStore) {
	const goroutines, rounds = 8, 5
	var wg sync.WaitGroup
	for person := range int64(goroutines) {
		wg.Go(func() {
			for round := range rounds {
				want := account.Prefs{Hide: round%2 == 0, Watch: []string{fmt.Sprint("NSE:", person, "-", round)}}
				if err := s.SavePrefs(person, want); err != nil {
					t.Errorf("save: %v", err)
				}
				if got, err := s.LoadPrefs(person); err != nil || !cmp.Equal(want, got) {
					t.Errorf("person %d reads %+v, %v; want %+v", person, got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func mustSavePrefs(t *testing.T, s account.PrefStore, person int64, p account.Prefs) {
	t.Helper()
	if err := s.SavePrefs(person, p); err != nil {
		t.Fatalf("save preferences of %d: %v", person, err)
	}
}

func wantPrefs(t *testing.T, s account.PrefStore, person int64, want account.Prefs) {
	t.Helper()
	got, err := s.LoadPrefs(person)
	if err != nil {
		t.Fatalf("load preferences of %d: %v", person, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("preferences of %d (-want +got):\n%s", person, diff)
	}
}
