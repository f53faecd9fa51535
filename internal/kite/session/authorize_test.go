package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// inOAuth is inWorld at a server that wants logins by OAuth.
func inOAuth(t *testing.T, test func(*world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		w.kite.OAuth.Store(true)
		test(w)
	})
}

// answerTo is the state and the code of the address that a browser ended at.
func answerTo(t *testing.T, address string) (state, code string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("the browser ended at %q", address)
	}
	return u.Query().Get("state"), u.Query().Get("code")
}

// authorize walks a person through a login by OAuth up to the pasted address.
func (w *world) authorize(who int64, user string) error {
	w.t.Helper()
	link := w.link(who, "")
	state, code := answerTo(w.t, w.kite.Authorize(link.URL, user))
	_, err := w.pool.Authorized(w.t.Context(), who, state, code)
	w.kite.Answer(user, "get_holdings", "the holdings of "+user)
	return err
}

// grant walks a person through a whole login by OAuth, and its announcement.
func (w *world) grant(who int64, user string) {
	w.t.Helper()
	if err := w.authorize(who, user); err != nil {
		w.t.Fatalf("login of %d as %s: %v", who, user, err)
	}
	if err := w.pool.Announced(who); err != nil {
		w.t.Fatal(err)
	}
	w.wantEvents(fmt.Sprintf("%d logged in %s", who, user))
	w.kite.Calls()
}

func TestALoginByOAuth(t *testing.T) {
	inOAuth(t, func(w *world) {
		link := w.link(asha, "/holdings")
		if link.Attempt == nil || !link.Attempt.Paste || !link.Session.IsZero() {
			t.Fatalf("the link is %+v", link)
		}
		w.wantState(asha, session.LinkSent)
		w.pass(20 * time.Minute)
		w.wantCalls() // nobody is asked whether it is through: the code says it

		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		s, err := w.pool.Authorized(w.t.Context(), asha, state, code)
		if err != nil || s.User.UserID != "AB1234" {
			t.Fatalf("the code of the attempt: %+v, %v", s, err)
		}
		w.wantCalls("token 1", "get_profile 1")
		w.wantEvents("11 logged in AB1234/holdings")
		if err := w.pool.Announced(asha); err != nil {
			t.Fatal(err)
		}
		w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
		w.wantAnswer(asha, "AB1234")
		w.restart()
		w.wantAnswer(asha, "AB1234")
	})
}

// Whoever brings a code that is not of the person's own newest attempt is told
// so, and nothing is sent: a code that is tried with another verifier is lost.
func TestForeignCodesAreNotSent(t *testing.T) {
	inOAuth(t, func(w *world) {
		first := w.link(asha, "")
		state, code := answerTo(t, w.kite.Authorize(first.URL, "AB1234"))
		want := func(what string, who int64, state string, want error) {
			t.Helper()
			if _, err := w.pool.Authorized(w.t.Context(), who, state, code); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		want("somebody without an attempt", ravi, state, session.ErrNoAttempt)
		w.link(ravi, "")
		want("somebody with another attempt", ravi, state, session.ErrOtherAttempt)
		want("a made up state", asha, "made-up", session.ErrOtherAttempt)
		want("no state", asha, "", session.ErrOtherAttempt)
		second, s, err := w.pool.Renew(w.t.Context(), asha, "")
		if err != nil || second.Ref == first.Ref {
			t.Fatalf("a new attempt: %v", err)
		}
		if len(s.Links) != 2 || s.Links[0].Ref != first.Ref {
			t.Errorf("the caller is told of %d links", len(s.Links))
		}
		want("an older attempt", asha, state, session.ErrOtherAttempt)
		if _, err := w.pool.Callback(w.t.Context(), state, code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("a browser with an older attempt: %v", err)
		}
		w.wantCalls()

		state, code = answerTo(t, w.kite.Authorize(second.URL, "AB1234"))
		if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); err != nil {
			t.Fatal(err)
		}
		w.wantCalls("token 3", "get_profile 1")
		w.wantEvents("11 logged in AB1234")
		want("a used code", asha, state, session.ErrNoAttempt)
		w.wantCalls()
	})
}

// A young attempt is given out again: the person may be on Kite's page with it.
func TestAnAttemptIsGivenOutAgain(t *testing.T) {
	inOAuth(t, func(w *world) {
		first := w.link(asha, "/holdings")
		w.pass(5 * time.Minute)
		if again := w.link(asha, ""); again.Ref != first.Ref || again.Then != "/holdings" {
			t.Errorf("after five minutes another link is given out")
		}
		w.pass(session.LinkYoung)
		later := w.link(asha, "")
		if later.Ref == first.Ref {
			t.Error("an old link is given out again")
		}
		if later.Then != "/holdings" {
			t.Error("the command that waited is lost")
		}
	})
}

// To cancel at Kite's page tells us nothing: the attempt's own time ends it.
func TestACancelledAttemptRunsOut(t *testing.T) {
	inOAuth(t, func(w *world) {
		link := w.link(asha, "")
		w.kite.Authorize(link.URL, "")
		w.pass(session.AttemptLife - time.Second)
		w.wantEvents()
		w.wantState(asha, session.LinkSent)
		w.pass(time.Second)
		w.wantEvents("11 link dead ")
		w.wantState(asha, session.None)
		w.wantCalls()
	})
}

// With a public address the browser brings the code: the state says whose it is.
func TestCallback(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Callback.Store(true)
		a, r := w.link(asha, ""), w.link(ravi, "")
		if a.Attempt.Paste || r.Attempt.Paste {
			t.Error("people are to paste an address")
		}
		w.restart()
		state, code := answerTo(t, w.kite.Authorize(r.URL, "CD5678"))
		if s, err := w.pool.Callback(w.t.Context(), state, code); err != nil || s.User.UserID != "CD5678" {
			t.Errorf("%+v, %v", s, err)
		}
		w.wantEvents("22 logged in CD5678")
		w.wantState(asha, session.LinkSent)
		if _, err := w.pool.Callback(w.t.Context(), "made-up", code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("a made up state: %v", err)
		}
	})
}

// The server takes five codes at once and then one in twelve seconds. Who comes
// in between waits, is told so, and is logged in without asking again, be it by
// another process.
func TestCodesQueue(t *testing.T) {
	inOAuth(t, func(w *world) {
		for n := range 5 {
			if err := w.authorize(int64(100+n), fmt.Sprintf("QQ%04d", n)); err != nil {
				t.Fatalf("login %d: %v", n, err)
			}
		}
		w.wantEvents("100 logged in QQ0000", "101 logged in QQ0001", "102 logged in QQ0002", "103 logged in QQ0003", "104 logged in QQ0004")
		for n := range 2 {
			err := w.authorize([]int64{asha, ravi}[n], []string{"AB1234", "CD5678"}[n])
			queued, ok := errors.AsType[*session.QueuedError](err)
			if want := time.Duration(n+1) * 12 * time.Second; !ok || time.Until(queued.Until).Round(time.Second) != want {
				t.Fatalf("login %d over the burst: %v, want it to wait %v", n+1, err, want)
			}
		}
		if _, _, err := w.pool.Link(w.t.Context(), ravi, ""); !asError[*session.QueuedError](err) {
			t.Errorf("/login of somebody whose turn comes: %v", err)
		}
		w.pass(11 * time.Second)
		w.wantEvents()
		w.pass(time.Second)
		w.wantEvents("11 logged in AB1234")
		for _, who := range []int64{100, 101, 102, 103, 104, asha} {
			if err := w.pool.Announced(who); err != nil {
				t.Fatal(err)
			}
		}
		w.restart()
		w.pass(12 * time.Second)
		w.wantEvents("22 logged in CD5678")
	})
}

// A code is sent once, whatever became of it.
func TestACodeIsSentOnce(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*world)
		want   error
	}{
		"refused":    {func(w *world) { w.kite.RefuseCodes.Store(true) }, session.ErrCodeRefused},
		"unanswered": {func(w *world) { w.kite.Down.Store(true) }, session.ErrCodeLost},
		"slow":       {func(w *world) { w.kite.Slow(time.Hour) }, session.ErrCodeLost},
	} {
		t.Run(name, func(t *testing.T) {
			inOAuth(t, func(w *world) {
				link := w.link(asha, "")
				state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
				test.breaks(w)
				if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
				w.wantEvents("11 link dead ")
				w.kite.Down.Store(false)
				w.kite.RefuseCodes.Store(false)
				w.kite.Slow(0)
				if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !errors.Is(err, session.ErrNoAttempt) {
					t.Errorf("the same code again: %v", err)
				}
				w.restart()
				w.pass(time.Hour)
				w.wantCalls("token 1")
				w.grant(asha, "AB1234")
			})
		})
	}
}

// A process that dies while a code is under way leaves it to nobody.
func TestACodeUnderWayAtAKillIsLost(t *testing.T) {
	inOAuth(t, func(w *world) {
		link := w.link(asha, "")
		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		rec, err := w.store.Load(asha)
		if err != nil {
			t.Fatal(err)
		}
		w.pool.Close()
		rec.Links[0].Attempt.Code, rec.Links[0].Attempt.Sent = code, true
		if err := w.store.Save(rec); err != nil {
			t.Fatal(err)
		}
		w.open()
		w.pass(time.Second)
		w.wantEvents("11 link dead ", "11 login failed ")
		w.wantCalls()
		if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("the code again: %v", err)
		}
	})
}

// Kite is silent right after the code was exchanged: the login is made, and found
// as soon as Kite answers.
func TestALoginThatCannotBeReadYet(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Mute.Store(true)
		if err := w.authorize(asha, "AB1234"); !errors.Is(err, session.ErrUnread) {
			t.Errorf("%v, want not yet", err)
		}
		w.pass(time.Minute)
		w.wantEvents()
		w.kite.Mute.Store(false)
		w.pass(5 * time.Second)
		w.wantEvents("11 logged in AB1234")
	})
}

// Why a login is over is told apart, as far as the server says.
func TestWhyALoginByOAuthIsOver(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*world)
		want   wire.Ending
	}{
		"the server was restarted": {func(w *world) { w.kite.Restart() }, wire.EndLost},
		"the bearer ran out":       {func(w *world) { w.kite.Expire() }, wire.EndExpired},
		"Kite's morning cut-off":   {func(w *world) { w.kite.CutOff() }, wire.EndCutOff},
		"the server was switched":  {func(w *world) { w.kite.OAuth.Store(false) }, wire.EndSwitched},
	} {
		t.Run(name, func(t *testing.T) {
			inOAuth(t, func(w *world) {
				w.grant(asha, "AB1234")
				test.breaks(w)
				_, err := w.call(asha)
				ended, ok := errors.AsType[*session.EndedError](err)
				if !ok || ended.Why != test.want || !errors.Is(err, session.ErrEnded) {
					t.Errorf("%v (%+v), want ended because of %d", err, ended, test.want)
				}
				w.wantState(asha, session.None)
				w.wantError(asha, session.ErrNoLogin)
			})
		})
	}
}

// A Kite that fails for another reason ends nothing.
func TestAFailingKiteEndsNoLoginByOAuth(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.grant(asha, "AB1234")
		w.kite.Mute.Store(true)
		if _, err := w.call(asha); !asError[*session.DoubtError](err) {
			t.Errorf("%v, want doubt", err)
		}
		if n := strings.Count(strings.Join(w.kite.Calls(), " "), "get_alerts"); n != 1 {
			t.Errorf("Kite's reason was asked for %d times, want once", n)
		}
		w.kite.Mute.Store(false)
		w.wantAnswer(asha, "AB1234")
	})
}

func TestLogoutOfALoginByOAuth(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.grant(asha, "AB1234")
		w.link(ravi, "")
		for _, who := range []int64{asha, ravi} {
			if _, s, err := w.pool.Logout(w.t.Context(), who); err != nil || s.State != session.None {
				t.Errorf("logout of %d: %v, %v", who, s.State, err)
			}
		}
		w.wantCalls("logout 1") // there is nothing to end of an attempt
		if rec, err := w.store.Load(ravi); err != nil || len(rec.Links) != 0 {
			t.Errorf("%+v, %v", rec, err)
		}
	})
}

// A look at the link that was refused is under way meanwhile: what it finds is no
// news of its own.
func TestARefusedLoginByOAuthIsToldOnce(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.grant(asha, "AB1234")
		link, refused, asked := w.link(ravi, ""), make(chan struct{}), 0
		w.pass(5*time.Minute - 5*time.Second) // the next look is near
		state, code := answerTo(w.t, w.kite.Authorize(link.URL, "AB1234"))
		w.kite.Before(func(string) {
			w.mu.Lock()
			asked++
			n := asked
			w.mu.Unlock()
			switch n {
			case 1: // the caller's question; the look comes before its answer
				time.Sleep(10 * time.Second)
			case 2:
				<-refused
			}
		})
		if _, err := w.pool.Authorized(w.t.Context(), ravi, state, code); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("%v, want refused", err)
		}
		close(refused)
		w.wantEvents("22 refused ", "11 contested ")
		w.wantError(asha, session.ErrNoLogin)
		if asked != 2 {
			t.Errorf("asked %d times, want twice", asked)
		}
	})
}

// One store at a server that changes twice: everybody can log in each time, what
// was logged in the other way is known to be dead at its first answer, and nobody
// is asked or told anything by that alone.
func TestAServerThatChangesTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		people := []int64{31, 32, 33, 34}
		user := func(who int64) string { return fmt.Sprintf("SW%04d", who) }
		for _, who := range people {
			w.login(who, user(who))
		}
		for range 2 {
			for _, oauth := range []bool{true, false} {
				w.kite.Calls()
				w.kite.OAuth.Store(oauth)
				w.kite.DropStreams()
				w.pass(10 * time.Minute)
				w.wantCalls() // no storm: nothing happens before somebody asks
				w.wantEvents()
				for _, who := range people {
					_, err := w.call(who)
					if ended, ok := errors.AsType[*session.EndedError](err); !ok || ended.Why != wire.EndSwitched {
						t.Fatalf("%d after the change: %v", who, err)
					}
				}
				if calls := w.kite.Calls(); len(calls) != len(people) {
					t.Errorf("%d people asked, and the server was asked %q", len(people), calls)
				}
				for _, who := range people {
					if !oauth {
						w.login(who, user(who))
						continue
					}
					w.grant(who, user(who))
					w.pass(12 * time.Second) // the server's pace
				}
				w.pass(time.Minute)
				w.wantEvents()
			}
		}
	})
}

// A link of the other kind that is out when the server changes is no use: the
// next /login gives one that is.
func TestALinkOfTheOtherKindIsReplaced(t *testing.T) {
	inWorld(t, func(w *world) {
		old := w.link(asha, "/funds")
		w.kite.OAuth.Store(true)
		w.kite.DropStreams()
		attempt := w.link(asha, "")
		if attempt.Attempt == nil || attempt.Ref == old.Ref {
			t.Errorf("the link after the change is %+v", attempt)
		}
		w.kite.OAuth.Store(false)
		again, s, err := w.pool.Link(w.t.Context(), asha, "")
		if err != nil || again.Attempt != nil {
			t.Fatalf("the link after the way back is %+v, %v", again, err)
		}
		if !slices.ContainsFunc(s.Links, func(l session.Link) bool { return l.Ref == attempt.Ref }) {
			t.Error("the caller is not told that the attempt is over")
		}
		w.kite.Browser(again.URL, "AB1234")
		w.pass(2 * time.Second)
	})
}

// On disk and in print nothing of an attempt can be read by chance.
func TestAttemptsPrintAsDots(t *testing.T) {
	inOAuth(t, func(w *world) {
		link := w.link(asha, "")
		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		a := *link.Attempt
		a.Code = code
		link.Attempt = &a
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			for _, v := range []any{a, &a, link, session.Record{Links: []session.Link{link}}} {
				printed := fmt.Sprintf(verb, v)
				for _, secret := range []string{state, code, a.Verifier} {
					if strings.Contains(printed, secret) {
						t.Errorf("%s prints %s", verb, printed)
					}
				}
			}
		}
	})
}

// Whoever leaves while a code is under way has no login of it: what comes of the
// code is ended at the server.
func TestALoginThatIsNotWantedAnyMoreIsEnded(t *testing.T) {
	for name, leaves := range map[string]func(*world) error{
		"logout": func(w *world) error { _, _, err := w.pool.Logout(w.t.Context(), asha); return err },
		"remove": func(w *world) error { _, _, err := w.pool.Remove(w.t.Context(), asha); return err },
	} {
		t.Run(name, func(t *testing.T) {
			inOAuth(t, func(w *world) {
				link := w.link(asha, "")
				state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
				w.kite.Slow(time.Second)
				done := make(chan error)
				go func() { _, err := w.pool.Authorized(context.Background(), asha, state, code); done <- err }()
				time.Sleep(500 * time.Millisecond) // the code is under way
				if err := leaves(w); err != nil {
					t.Fatal(err)
				}
				if err := <-done; err == nil {
					t.Error("a login is made of the code all the same")
				}
				w.pass(time.Minute)
				w.wantEvents()
				if n := w.kite.LoggedIn("AB1234"); n != 0 {
					t.Errorf("%d logins are left at the server", n)
				}
			})
		})
	}
}
