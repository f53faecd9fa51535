package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestLoginSurvives(t *testing.T) {
	for name, harm := range map[string]func(*world){
		"a lost stream":                 func(w *world) { w.kite.DropStreams() },
		"a restart of the bot":          func(w *world) { w.restart() },
		"a restart and a lost stream":   func(w *world) { w.kite.DropStreams(); w.restart() },
		"two restarts":                  func(w *world) { w.restart(); w.restart() },
		"an hour of nothing":            func(w *world) { w.pass(time.Hour) },
		"an outage":                     func(w *world) { w.kite.Down.Store(true); _, _ = w.call(asha); w.kite.Down.Store(false) },
		"a Kite that fails for a while": func(w *world) { w.kite.Mute.Store(true); _, _ = w.call(asha); w.kite.Mute.Store(false) },
		"a stream lost during an outage": func(w *world) {
			w.kite.Down.Store(true)
			w.kite.DropStreams()
			_, _ = w.call(asha)
			w.kite.Down.Store(false)
		},
		"asking for a link nobody follows": func(w *world) { w.link(asha, ""); w.pass(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				harm(w)
				w.wantAnswer(asha, "AB1234")
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

func TestResumedSessionIsProvedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.restart()
		w.pass(session.LinkLife) // before, each answer is proved: see TestASetClockShowsNoForeignFigures
		w.wantState(asha, session.Parked)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1") // one extra round trip
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
	})
}

func TestAClockEndsNoLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(13 * time.Hour)
		w.wantState(asha, session.Doubtful)
		w.wantAnswer(asha, "AB1234") // the server still knows it
		w.kite.Mute.Store(true)
		start := time.Now()
		_, err := w.call(asha)
		if d, ok := errors.AsType[*session.DoubtError](err); !ok || !d.Over {
			t.Errorf("answer = %v, want doubt that it is over", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the person waited %v for a login that is over by the clock", took)
		}
	})
}

func TestResumabilityIsAskedAgainAfterAFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		w.loginUnasked()
		w.wantAnswer(asha, "AB1234")
		w.pass(time.Second)
		if s := w.wantState(asha, session.LoggedIn); s.Resumable != session.Yes {
			t.Errorf("resumable = %v, want yes", s.Resumable)
		}
	})
}

func TestUntil(t *testing.T) {
	ist := time.FixedZone("IST", 19800)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, ist) }
	for name, test := range map[string]struct{ since, want time.Time }{
		"twelve hours, in the morning":     {at(23, 8, 0), at(23, 20, 0)},
		"the cut-off, in the evening":      {at(23, 20, 0), at(24, 6, 0)},
		"the cut-off, at night":            {at(24, 1, 30), at(24, 6, 0)},
		"a minute before the cut-off":      {at(24, 5, 59), at(24, 6, 0)},
		"at the cut-off, a whole day":      {at(24, 6, 0), at(24, 18, 0)},
		"twelve hours up to the cut-off":   {at(23, 18, 0), at(24, 6, 0)},
		"a minute before that, the server": {at(23, 17, 59), at(24, 5, 59)},
	} {
		l := session.Login{Credential: session.Credential{Since: test.since}, Bound: test.since}
		if got := l.Until(); !got.Equal(test.want) {
			t.Errorf("%s: until %v, want %v", name, got.In(ist), test.want)
		}
	}
}

func TestSessionsWithoutAStream(t *testing.T) { // KITE_MCP_URL ends in /mcp
	inWorld(t, func(w *world) {
		w.kite.Streamless.Store(true)
		w.login(asha, "AB1234")
		w.wantState(asha, session.Parked)
		w.wantAnswer(asha, "AB1234")
		w.restart()
		w.wantAnswer(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		w.login(asha, "AB1234")
		w.kite.Restart() // on the connection that opened the session, this time
		w.wantError(asha, session.ErrEnded)
	})
}

func TestANewLoginOverADoubtfulOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.kite.Mute.Store(true)
		if _, err := w.call(asha); !asError[*session.DoubtError](err) {
			t.Fatalf("answer = %v, want doubt", err)
		}
		w.kite.Mute.Store(false)
		w.kite.Calls()
		w.login(asha, "AB1234")
		for _, c := range w.kite.Calls() {
			if c == "DELETE 1" {
				t.Error("the old session was ended: its token may be the new one's")
			}
		}
		w.wantAnswer(asha, "AB1234")
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d sessions are open after a logout", n)
		}
	})
}

// A server that resumes no session, or has no /mcp at all: that a login does not
// survive its stream is found out while that stands, and when it is cut the login is
// over, instead of being silent for good.
func TestALoginThatLivesOnItsStream(t *testing.T) {
	for name, test := range map[string]struct {
		set   func(*world)
		ended int // sessions that the next /logout ends
	}{
		"it resumes nothing": {func(w *world) { w.kite.NoResume.Store(true) }, 1},
		"it has no /mcp":     {func(w *world) { w.kite.StreamsOnly.Store(true) }, 2}, // nobody said that the first is over
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				test.set(w)
				w.login(asha, "AB1234")
				w.pass(time.Minute)
				if s := w.wantState(asha, session.LoggedIn); s.Resumable != session.No {
					t.Errorf("resumable: %v, want no", s.Resumable)
				}
				w.wantAnswer(asha, "AB1234")
				w.kite.DropStreams()
				w.wantError(asha, session.ErrEnded)
				w.wantError(asha, session.ErrNoLogin)
				w.login(asha, "AB1234")
				w.wantAnswer(asha, "AB1234")
				w.kite.Calls()
				w.leave(asha)
				if calls := w.kite.Calls(); len(ended(calls)) != test.ended {
					t.Errorf("the logout asked %q, want %d ended", calls, test.ended)
				}
			})
		})
	}
}

// A 404 of /mcp says nothing of a login that is known to be resumed there: a
// deploy is under way.
func TestARouterEndsNoLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Minute)
		w.kite.DropStreams()
		w.kite.StreamsOnly.Store(true)
		if _, err := w.call(asha); wire.KindOf(err) != wire.KindNotServed {
			t.Errorf("%v, want %v", err, wire.KindNotServed)
		}
		w.kite.StreamsOnly.Store(false)
		w.wantAnswer(asha, "AB1234")
	})
}
