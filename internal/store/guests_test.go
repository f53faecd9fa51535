package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
)

func TestBotGuests(t *testing.T) {
	bottest.TestGuests(t, func(t *testing.T) bot.GuestBook { return mustOpen(t, newPath(t)) })
}

func mustSaveGuest(t testing.TB, s *Store, g bot.Guest) {
	t.Helper()
	if err := s.SaveGuest(g); err != nil {
		t.Fatal(err)
	}
}

func TestGuestsSurviveARestart(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	blocked := bot.Guest{Person: 73, Standing: bot.Blocked, Since: someTime(), By: 99}
	mustSaveGuest(t, s, blocked)
	mustSaveGuest(t, s, bottest.FullGuest(71))
	mustSaveGuest(t, s, bottest.FullGuest(72))
	mustSaveGuest(t, s, bot.Guest{Person: 72})
	mustClose(t, s)

	s = mustOpen(t, path)
	got, err := s.Guests()
	if diff := cmp.Diff([]bot.Guest{bottest.FullGuest(71), blocked}, got); err != nil || diff != "" {
		t.Errorf("guests after a restart: %v (-want +got):\n%s", err, diff)
	}
	if got := count(t, s, guestsBucket); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

// TestADamagedGuestIsBlocked: a block that cannot be read must not count as none,
// and one bad entry must not keep the bot from starting. An admin who decides
// about that person again ends it.
func TestADamagedGuestIsBlocked(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSaveGuest(t, s, bottest.FullGuest(71))
	mustSaveGuest(t, s, bot.Guest{Person: 72, Standing: bot.Waiting, Name: "Amberline"})
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		return bucket(tx, guestsBucket).Put(number(72), flipped(bucket(tx, guestsBucket).Get(number(72))))
	})
	s, log := mustOpenLogged(t, path)
	blocked := bot.Guest{Person: 72, Standing: bot.Blocked}
	if got, err := s.Guests(); err != nil || len(got) != 2 || got[1] != blocked {
		t.Errorf("got %v, %v, want 72 blocked", got, err)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "person=72") {
		t.Errorf("the log does not say it: %s", log)
	}
	mustForget(t, s, 72)
	if got, err := s.Guests(); err != nil || len(got) != 2 {
		t.Errorf("a standing that may be a block was forgotten: %v, %v", got, err)
	}
	mustSaveGuest(t, s, bot.Guest{Person: 72})
	if got, err := s.Guests(); err != nil || len(got) != 1 {
		t.Errorf("after a new decision: %v, %v", got, err)
	}
}

func mustOpenLogged(t *testing.T, path string) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return mustOpenWith(t, Options{Path: path, Key: testKey(), Logger: slog.New(slog.NewTextHandler(&log, nil))}), &log
}

func TestGuestsThatCannotBeRead(t *testing.T) {
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
				return bucket(tx, guestsBucket).Put(key, s.box.seal([]byte(guestsBucket), key, []byte(text)))
			}); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Guests(); err != nil || len(got) != 1 || got[0].Standing != bot.Blocked || got[0].Name != "" {
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
	for _, standing := range []bot.Standing{-1, bot.Blocked + 1} {
		if err := s.SaveGuest(bot.Guest{Person: 71, Standing: standing}); err == nil {
			t.Errorf("standing %d was kept", standing)
		}
	}
	if guests, err := s.Guests(); err != nil || len(guests) != 0 {
		t.Errorf("guests = %v, %v", guests, err)
	}
}
