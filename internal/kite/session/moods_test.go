package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
	"kitebot/internal/kite/wire"
)

func TestAGarbledAnswerIsAskedForAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.passInUse(asha, session.LinkLife)
		w.kite.Garble(1)
		w.wantAnswer(asha, "AB1234")
		w.kite.Garble(1000)
		_, err := w.call(asha)
		if wire.KindOf(err) != wire.KindMalformed || asError[*session.DoubtError](err) {
			t.Errorf("answers that stay garbled = %v, want malformed", err)
		}
		w.kite.Garble(0)
		w.wantState(asha, session.LoggedIn)
	})
}

// A proof that comes garbled shows nothing, and doubts the login.
func TestAGarbledProofShowsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Before(func(tool string) {
			if tool == "get_profile" {
				w.kite.Garble(1)
			}
		})
		if got, err := w.call(asha); got != "" || !asError[*session.DoubtError](err) {
			t.Errorf("answer = %q, %v, want doubt", got, err)
		}
		w.kite.Before(nil)
		w.wantAnswer(asha, "AB1234")
	})
}

// A stream that stands and swallows what is asked is left for /mcp, so that
// only one call waits for it.
func TestAStreamThatSwallowsCallsIsLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.passInUse(asha, session.LinkLife)
		w.kite.Frozen.Store(true)
		w.wantState(asha, session.LoggedIn)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantState(asha, session.Parked)
		w.wantCalls("get_holdings 1", "get_holdings 1", "get_profile 1")
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
		if n := w.kite.Streams(); n != 0 {
			t.Errorf("%d streams are open", n)
		}
	})
}

// Where /mcp knows nothing of the session, the stream is all there is: its
// silence ends nothing.
func TestAFrozenStreamThatCannotBeLeftEndsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kite.NoResume.Store(true)
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Frozen.Store(true)
		if _, err := w.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("answer = %v, want unreachable", err)
		}
		w.kite.Frozen.Store(false)
		w.wantState(asha, session.LoggedIn)
		w.wantAnswer(asha, "AB1234")
	})
}

// The end of a session that shows only when a tool is asked a second time is
// the end all the same.
func TestTheEndShowsAtTheSecondAttempt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(session.LinkLife)
		w.restart()
		w.kite.Garble(1)
		w.kite.Before(func(string) {
			w.kite.Before(func(string) { w.kite.Restart() })
		})
		w.wantError(asha, session.ErrEnded)
		w.wantState(asha, session.None)
	})
}

// An upstream that answers null to everything looks like an account with
// nothing in it. It is not believed.
func TestAnEmptyAnswerIsBelievedFromAKiteThatKnowsWho(t *testing.T) {
	const nobody = `{"user_id":"","user_name":""}`
	for name, test := range map[string]struct {
		answer, profile string
		want            bool
	}{
		"no orders":       {"[]", `{"user_id":"AB1234","user_name":"Asha"}`, true},
		"null":            {"null", nobody, false},
		"null for a list": {"[]", nobody, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.pass(session.LinkLife)
				w.wantAnswer(asha, "AB1234") // proves the connection
				w.kite.Answer("AB1234", "get_holdings", test.answer)
				w.kite.Answer("AB1234", "get_profile", test.profile)
				got, err := w.call(asha)
				if test.want && (err != nil || got != test.answer) || !test.want && (got != "" || !asError[*session.DoubtError](err)) {
					t.Errorf("answer = %q, %v, want it believed: %v", got, err, test.want)
				}
			})
		})
	}
}

// While only Kite is failing, whatever people do, they stay logged in.
func TestOnlyKiteFails(t *testing.T) {
	moods := map[string]func(*sessiontest.Kite){
		"down":   func(k *sessiontest.Kite) { k.Down.Store(true) },
		"mute":   func(k *sessiontest.Kite) { k.Mute.Store(true) },
		"slow":   func(k *sessiontest.Kite) { k.Slow(time.Minute) },
		"frozen": func(k *sessiontest.Kite) { k.Frozen.Store(true); k.DropStreams() },
		"garble": func(k *sessiontest.Kite) { k.Garble(1000) },
	}
	for name, mood := range moods {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.kite.Calls()
				mood(w.kite)
				for range 3 {
					_, _ = w.call(asha)
					_, _ = w.pool.Check(w.t.Context(), asha)
					_, _ = w.pool.Finish(w.t.Context(), asha)
					_, _, _ = w.pool.Link(w.t.Context(), asha, "")
					w.restart()
					w.pass(time.Hour)
				}
				for _, c := range w.kite.Calls() {
					if c == "login 1" || c == "DELETE 1" {
						t.Errorf("%s was sent", c)
					}
				}
				w.heal()
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// heal ends every mood of Kite's.
func (w *world) heal() {
	w.kite.Down.Store(false)
	w.kite.Mute.Store(false)
	w.kite.Frozen.Store(false)
	w.kite.Slow(0)
	w.kite.Garble(0)
}

// oneCall is how long one call takes at most on the real connection.
const oneCall = 20 * time.Second

// Whatever is asked, and however slowly Kite says nothing, the person has an
// answer before the minute of their command is over.
func TestHowLongAPersonWaits(t *testing.T) {
	asks := map[string]func(context.Context, *world) error{
		"call": func(ctx context.Context, w *world) error {
			_, err := w.pool.Call(ctx, asha, query.Holdings())
			return err
		},
		"check":  func(ctx context.Context, w *world) error { _, err := w.pool.Check(ctx, asha); return err },
		"finish": func(ctx context.Context, w *world) error { _, err := w.pool.Finish(ctx, asha); return err },
		"link":   func(ctx context.Context, w *world) error { _, _, err := w.pool.Link(ctx, asha, ""); return err },
		"retry":  func(ctx context.Context, w *world) error { _, err := w.pool.RetryLogout(ctx, asha); return err },
		"logout": func(ctx context.Context, w *world) error { _, _, err := w.pool.Logout(ctx, asha); return err },
	}
	moods := map[string]func(*sessiontest.Kite){
		"mute":        func(k *sessiontest.Kite) { k.Mute.Store(true); k.Slow(oneCall - time.Millisecond) },
		"down":        func(k *sessiontest.Kite) { k.Down.Store(true); k.Slow(oneCall) },
		"frozen":      func(k *sessiontest.Kite) { k.Frozen.Store(true); k.Slow(oneCall) },
		"never":       func(k *sessiontest.Kite) { k.Slow(time.Hour) },
		"merely slow": func(k *sessiontest.Kite) { k.Slow(oneCall - time.Millisecond) },
	}
	for mood, set := range moods {
		for ask, do := range asks {
			t.Run(mood+"/"+ask, func(t *testing.T) {
				inWorld(t, func(w *world) {
					w.login(asha, "AB1234")
					w.link(asha, "")
					w.pass(session.LinkYoung - time.Minute)
					set(w.kite)
					start := time.Now()
					err := do(w.t.Context(), w)
					if took := time.Since(start); took > session.MaxWait || session.MaxWait >= time.Minute {
						t.Errorf("the person waited %v (%v)", took, err)
					}
					w.heal()
				})
			})
		}
	}
}

// Slow and saying nothing is a doubt, with both ways out; no answer at all is
// Kite not answering.
func TestTheLimitSaysWhatWasSeen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(session.LinkLife)
		w.kite.Mute.Store(true)
		w.kite.Slow(24600 * time.Millisecond) // the limit falls into the pause
		if _, err := w.call(asha); !asError[*session.DoubtError](err) {
			t.Errorf("a slow Kite that says nothing = %v, want doubt", err)
		}
		w.wantState(asha, session.Doubtful)
		w.kite.Slow(time.Hour)
		if _, err := w.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("a Kite without an answer = %v, want unreachable", err)
		}
		w.heal()
		w.wantAnswer(asha, "AB1234")
	})
}

// An answer that is too big is not asked for again, on no way, and costs no login.
func TestWhatIsTooBigIsAskedForOnce(t *testing.T) {
	for _, streamsOnly := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.kite.StreamsOnly.Store(streamsOnly)
			w.login(asha, "AB1234")
			w.pass(time.Second)
			w.kite.Answer("AB1234", "get_holdings", strings.Repeat("x", 5<<20))
			w.kite.Calls()
			_, err := w.pool.Call(w.t.Context(), asha, query.Holdings())
			if wire.KindOf(err) != wire.KindTooBig {
				w.t.Errorf("error = %v", err)
			}
			if calls := w.kite.Calls(); len(calls) != 1 {
				w.t.Errorf("Kite was asked for %v", calls)
			}
			w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
			w.wantAnswer(asha, "AB1234")
		})
	}
}
