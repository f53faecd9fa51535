package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/bottest"
)

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
