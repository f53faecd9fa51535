package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

// The tags of account.Prefs are the file format: what a file holds is read for good.
func TestPrefsFormat(t *testing.T) {
	text := `{"v":1,"hide":true,"native":true,"no_warning":true,"no_notices":true,"watch":["NSE:INFY"],"picks":{"m&m":"NSE:M&M"}}`
	want := account.Prefs{Hide: true, Native: true, NoWarning: true, NoNotices: true, Watch: []string{"NSE:INFY"}, Picks: map[string]string{"m&m": "NSE:M&M"}}
	got, err := decodePrefs([]byte(text))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestBotPrefs(t *testing.T) {
	bottest.TestPrefs(t, func(t *testing.T) account.PrefStore { return mustOpen(t, newPath(t)) })
}

func mustSavePrefs(t testing.TB, s *Store, person int64, p account.Prefs) {
	t.Helper()
	if err := s.SavePrefs(person, p); err != nil {
		t.Fatal(err)
	}
}

func mustLoadPrefs(t testing.TB, s *Store, person int64) account.Prefs {
	t.Helper()
	p, err := s.LoadPrefs(person)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func somePrefs() *rapid.Generator[account.Prefs] { return rapid.Make[account.Prefs]() }

// TestPrefsLikeTheTwin saves and restarts in any order and wants the file to say
// what the store in memory says.
func TestPrefsLikeTheTwin(t *testing.T) {
	path := newPath(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		file := openRapid(rt, fmt.Sprintf("%s-%d", path, n))
		defer func() { _ = file.Close() }()
		twin := bottest.NewMemStore()
		rt.Repeat(map[string]func(*rapid.T){
			"save": func(rt *rapid.T) {
				person, p := rapid.Int64Range(1, 3).Draw(rt, "person"), somePrefs().Draw(rt, "prefs")
				if err := errors.Join(file.SavePrefs(person, p), twin.SavePrefs(person, p)); err != nil {
					rt.Fatal(err)
				}
			},
			"restart": func(rt *rapid.T) {
				if err := file.Close(); err != nil {
					rt.Fatal(err)
				}
				file = openRapid(rt, fmt.Sprintf("%s-%d", path, n))
			},
			"": func(rt *rapid.T) { comparePrefs(rt, file, twin) },
		})
	})
}

func comparePrefs(rt *rapid.T, file, twin account.PrefStore) {
	for person := range int64(4) {
		got, err := file.LoadPrefs(person)
		if err != nil {
			rt.Fatal(err)
		}
		want, _ := twin.LoadPrefs(person)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("person %d (-want +got):\n%s", person, diff)
		}
	}
}

func TestPrefsThatSayNothingTakeNoRow(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustSavePrefs(t, s, 71, account.Prefs{Hide: true})
	mustSavePrefs(t, s, 72, bottest.FullPrefs())
	mustSavePrefs(t, s, 73, account.Prefs{Watch: []string{}})
	if got := count(t, s, prefsBucket); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
	mustSavePrefs(t, s, 71, account.Prefs{})
	mustSavePrefs(t, s, 72, account.Prefs{Picks: map[string]string{}})
	if got := count(t, s, prefsBucket); got != 0 {
		t.Errorf("%d rows are left, want none", got)
	}
}

func TestPrefsAndRecordsAreApart(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustSave(t, s, sessiontest.Full(71))
	mustSavePrefs(t, s, 71, bottest.FullPrefs())
	mustSavePrefs(t, s, 71, account.Prefs{})
	if r, err := s.Load(71); err != nil || r.Login == nil {
		t.Errorf("the record went with the preferences: %v", err)
	}
}

func TestDamagedPrefsAreOnePersonsTrouble(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	for person := range int64(3) {
		mustSavePrefs(t, s, 71+person, account.Prefs{Watch: []string{fmt.Sprint("NSE:", person)}})
	}
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		prefs := bucket(tx, prefsBucket)
		moved := slices.Clone(prefs.Get(number(72)))
		return errors.Join(prefs.Put(number(71), flipped(prefs.Get(number(71)))), prefs.Put(number(73), moved))
	})

	s = mustOpen(t, path)
	for _, person := range []int64{71, 73} { // a flipped bit, and another person's row
		p, err := s.LoadPrefs(person)
		if !errors.Is(err, ErrDamaged) || !cmp.Equal(p, account.Prefs{}) {
			t.Errorf("person %d: got %+v, %v, want nothing and ErrDamaged", person, p, err)
		}
	}
	if p := mustLoadPrefs(t, s, 72); !slices.Equal(p.Watch, []string{"NSE:1"}) {
		t.Errorf("the sound row: %+v", p)
	}
	mustSavePrefs(t, s, 71, account.Prefs{Native: true})
	mustSavePrefs(t, s, 73, account.Prefs{})
	if p := mustLoadPrefs(t, s, 71); !p.Native {
		t.Errorf("the replaced row: %+v", p)
	}
	if p := mustLoadPrefs(t, s, 73); !cmp.Equal(p, account.Prefs{}) {
		t.Errorf("the removed row: %+v", p)
	}
}

func TestPrefsThatCannotBeRead(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"a later version": {`{"v":2,"hide":true}`, ErrSchemaNewer},
		"no JSON":         {`hide: SAMPLECORP`, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, newPath(t))
			if err := s.commit(func(tx *bolt.Tx) error {
				key := number(71)
				return bucket(tx, prefsBucket).Put(key, s.box.seal([]byte(prefsBucket), key, []byte(tt.text)))
			}); err != nil {
				t.Fatal(err)
			}
			_, err := s.LoadPrefs(71)
			if !errors.Is(err, tt.want) || strings.Contains(fmt.Sprint(err), "SAMPLECORP") {
				t.Errorf("got %v, want %v without a quotation", err, tt.want)
			}
		})
	}
}

func TestPrefsAfterClose(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustClose(t, s)
	_, loaded := s.LoadPrefs(71)
	for _, err := range []error{loaded, s.SavePrefs(71, bottest.FullPrefs())} {
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			t.Errorf("got %v, want that the store is closed", err)
		}
	}
}

func TestBotAccess(t *testing.T) {
	bottest.TestAccess(t, func(t *testing.T) access.Store { return mustOpen(t, newPath(t)) })
}

func mustSaveAccess(t testing.TB, s *Store, g access.Record) {
	t.Helper()
	if err := s.SaveAccess(g); err != nil {
		t.Fatal(err)
	}
}

func TestAccessSurvivesARestart(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	blocked := access.Record{Person: 73, Standing: access.Blocked, Since: someTime(), By: 99}
	mustSaveAccess(t, s, blocked)
	mustSaveAccess(t, s, bottest.FullAccess(71))
	mustSaveAccess(t, s, bottest.FullAccess(72))
	mustSaveAccess(t, s, access.Record{Person: 72})
	mustClose(t, s)

	s = mustOpen(t, path)
	got, err := s.AccessRecords()
	if diff := cmp.Diff([]access.Record{bottest.FullAccess(71), blocked}, got); err != nil || diff != "" {
		t.Errorf("access records after a restart: %v (-want +got):\n%s", err, diff)
	}
	if got := count(t, s, accessBucket); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

// TestADamagedAccessRecordIsBlocked: a block that cannot be read must not count as none,
// and one bad entry must not keep the bot from starting. An admin who decides
// about that person again ends it.
func TestADamagedAccessRecordIsBlocked(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSaveAccess(t, s, bottest.FullAccess(71))
	mustSaveAccess(t, s, access.Record{Person: 72, Standing: access.Waiting, Name: "Amberline"})
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		return bucket(tx, accessBucket).Put(number(72), flipped(bucket(tx, accessBucket).Get(number(72))))
	})
	s, log := mustOpenLogged(t, path)
	blocked := access.Record{Person: 72, Standing: access.Blocked}
	if got, err := s.AccessRecords(); err != nil || len(got) != 2 || got[1] != blocked {
		t.Errorf("got %v, %v, want 72 blocked", got, err)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "person=72") {
		t.Errorf("the log does not say it: %s", log)
	}
	mustForget(t, s, 72)
	if got, err := s.AccessRecords(); err != nil || len(got) != 2 {
		t.Errorf("a standing that may be a block was forgotten: %v, %v", got, err)
	}
	mustSaveAccess(t, s, access.Record{Person: 72})
	if got, err := s.AccessRecords(); err != nil || len(got) != 1 {
		t.Errorf("after a new decision: %v, %v", got, err)
	}
}

func mustOpenLogged(t *testing.T, path string) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return mustOpenWith(t, Options{Path: path, Key: testKey(), Logger: slog.New(slog.NewTextHandler(&log, nil))}), &log
}

func TestAccessRecordsThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"a later version":     `{"v":2,"standing":3}`,
		"no JSON":             `standing: Amberline`,
		"no standing":         `{"v":1,"name":"Amberline"}`,
		"an unknown standing": `{"v":1,"standing":4,"name":"Amberline"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, log := mustOpenLogged(t, newPath(t))
			if err := s.commit(func(tx *bolt.Tx) error {
				key := number(71)
				return bucket(tx, accessBucket).Put(key, s.box.seal([]byte(accessBucket), key, []byte(text)))
			}); err != nil {
				t.Fatal(err)
			}
			if got, err := s.AccessRecords(); err != nil || len(got) != 1 || got[0].Standing != access.Blocked || got[0].Name != "" {
				t.Errorf("got %v, %v, want one who is blocked", got, err)
			}
			if strings.Contains(log.String(), "Amberline") {
				t.Errorf("the log quotes the entry: %s", log)
			}
		})
	}
}

func TestAnUnknownStandingIsNotKept(t *testing.T) {
	s := mustOpen(t, newPath(t))
	for _, standing := range []access.Standing{-1, access.Blocked + 1} {
		if err := s.SaveAccess(access.Record{Person: 71, Standing: standing}); err == nil {
			t.Errorf("standing %d was kept", standing)
		}
	}
	if records, err := s.AccessRecords(); err != nil || len(records) != 0 {
		t.Errorf("access records = %v, %v", records, err)
	}
}
