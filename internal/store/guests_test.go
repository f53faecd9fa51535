package store

import (
	"errors"
	"fmt"
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

// TestADamagedGuestIsAnErrorOfAll: a block that cannot be read must not count as
// none. The operator who decides about that person again ends it.
func TestADamagedGuestIsAnErrorOfAll(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSaveGuest(t, s, bottest.FullGuest(71))
	mustSaveGuest(t, s, bot.Guest{Person: 72, Standing: bot.Blocked})
	mustClose(t, s)
	tamper(t, path, func(tx *bolt.Tx) error {
		return bucket(tx, guestsBucket).Put(number(72), flipped(bucket(tx, guestsBucket).Get(number(72))))
	})
	s = mustOpen(t, path)
	if got, err := s.Guests(); !errors.Is(err, ErrDamaged) || got != nil || !strings.Contains(err.Error(), "72") {
		t.Errorf("got %v, %v, want ErrDamaged with the person", got, err)
	}
	mustForget(t, s, 72)
	if _, err := s.Guests(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a standing that may be a block was forgotten: %v", err)
	}
	mustSaveGuest(t, s, bot.Guest{Person: 72, Standing: bot.Blocked})
	if got, err := s.Guests(); err != nil || len(got) != 2 {
		t.Errorf("after a new decision: %v, %v", got, err)
	}
}

func TestGuestsThatCannotBeRead(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"a later version":     {`{"v":2,"standing":3}`, ErrSchemaNewer},
		"no JSON":             {`standing: Amberline`, ErrDamaged},
		"no standing":         {`{"v":1,"name":"Amberline"}`, ErrDamaged},
		"an unknown standing": {`{"v":1,"standing":4,"name":"Amberline"}`, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, newPath(t))
			if err := s.commit(func(tx *bolt.Tx) error {
				key := number(71)
				return bucket(tx, guestsBucket).Put(key, s.box.seal([]byte(guestsBucket), key, []byte(tt.text)))
			}); err != nil {
				t.Fatal(err)
			}
			_, err := s.Guests()
			if !errors.Is(err, tt.want) || strings.Contains(fmt.Sprint(err), "Amberline") {
				t.Errorf("got %v, want %v without a quotation", err, tt.want)
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
