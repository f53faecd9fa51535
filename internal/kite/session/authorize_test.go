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

// testOAuth is testPool at a server that wants logins by OAuth.
func testOAuth(t *testing.T, test func(*harness)) {
	t.Helper()
	testPool(t, func(h *harness) {
		h.kite.OAuth.Store(true)
		test(h)
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
func (h *harness) authorize(who int64, user string) error {
	h.t.Helper()
	link := h.link(who, "")
	state, code := answerTo(h.t, h.kite.Authorize(link.URL, user))
	_, err := h.pool.Authorized(h.t.Context(), who, state, code)
	h.kite.Answer(user, "get_holdings", "the holdings of "+user)
	return err
}

// grant walks a person through a whole login by OAuth, and its announcement.
func (h *harness) grant(who int64, user string) {
	h.t.Helper()
	if err := h.authorize(who, user); err != nil {
		h.t.Fatalf("login of %d as %s: %v", who, user, err)
	}
	h.announced(who)
	h.wantEvents(fmt.Sprintf("%d logged in %s", who, user))
	h.kite.Calls()
}

func TestALoginByOAuth(t *testing.T) {
	testOAuth(t, func(h *harness) {
		link := h.link(asha, "/holdings")
		if link.Attempt == nil || !link.Attempt.Paste || !link.Session.IsZero() {
			t.Fatalf("the link is %+v", link)
		}
		h.wantState(asha, session.LinkSent)
		h.pass(20 * time.Minute)
		h.wantCalls() // no one is asked: the code says that it is through

		state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
		s, err := h.pool.Authorized(h.t.Context(), asha, state, code)
		if err != nil || s.User.UserID != "AB1234" {
			t.Fatalf("the code of the attempt: %+v, %v", s, err)
		}
		h.wantCalls("token 1", "get_profile 1")
		h.wantEvents("11 logged in AB1234/holdings")
		h.announced(asha)
		h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
		h.wantAnswer(asha, "AB1234")
		h.restart()
		h.wantAnswer(asha, "AB1234")
	})
}

// Whoever brings a code that is not of the person's own newest attempt is told
// so, and nothing is sent: a code that is tried with another verifier is lost.
func TestForeignCodesAreNotSent(t *testing.T) {
	testOAuth(t, func(h *harness) {
		first := h.link(asha, "")
		state, code := answerTo(t, h.kite.Authorize(first.URL, "AB1234"))
		want := func(what string, who int64, state string, want error) {
			t.Helper()
			if _, err := h.pool.Authorized(h.t.Context(), who, state, code); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		want("a person without an attempt", ravi, state, session.ErrNoAttempt)
		h.link(ravi, "")
		want("a person with another attempt", ravi, state, session.ErrOtherAttempt)
		want("a made up state", asha, "made-up", session.ErrOtherAttempt)
		want("no state", asha, "", session.ErrOtherAttempt)
		second, s, err := h.pool.Renew(h.t.Context(), asha, "")
		if err != nil || second.Ref == first.Ref {
			t.Fatalf("a new attempt: %v", err)
		}
		if len(s.Links) != 2 || s.Links[0].Ref != first.Ref {
			t.Errorf("the caller is told of %d links", len(s.Links))
		}
		want("an older attempt", asha, state, session.ErrOtherAttempt)
		if _, err := h.pool.Callback(h.t.Context(), state, code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("a browser with an older attempt: %v", err)
		}
		h.wantCalls()

		state, code = answerTo(t, h.kite.Authorize(second.URL, "AB1234"))
		if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); err != nil {
			t.Fatal(err)
		}
		h.wantCalls("token 3", "get_profile 1")
		h.wantEvents("11 logged in AB1234")
		want("a used code", asha, state, session.ErrNoAttempt)
		h.wantCalls()
	})
}

// A young attempt is given out again: the person may be on Kite's page with it.
func TestAnAttemptIsGivenOutAgain(t *testing.T) {
	testOAuth(t, func(h *harness) {
		first := h.link(asha, "/holdings")
		h.pass(5 * time.Minute)
		if again := h.link(asha, ""); again.Ref != first.Ref || again.Then != "/holdings" {
			t.Errorf("after five minutes another link is given out")
		}
		h.pass(session.LinkYoung)
		later := h.link(asha, "")
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
	testOAuth(t, func(h *harness) {
		link := h.link(asha, "")
		h.kite.Authorize(link.URL, "")
		h.pass(session.AttemptLife - time.Second)
		h.wantEvents()
		h.wantState(asha, session.LinkSent)
		h.pass(time.Second)
		h.wantEvents("11 link dead ")
		h.wantState(asha, session.None)
		h.wantCalls()
	})
}

// With a public address the browser brings the code: the state says whose it is.
func TestCallback(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Callback.Store(true)
		a, r := h.link(asha, ""), h.link(ravi, "")
		if a.Attempt.Paste || r.Attempt.Paste {
			t.Error("people are to paste an address")
		}
		h.restart()
		state, code := answerTo(t, h.kite.Authorize(r.URL, "CD5678"))
		if s, err := h.pool.Callback(h.t.Context(), state, code); err != nil || s.User.UserID != "CD5678" {
			t.Errorf("%+v, %v", s, err)
		}
		h.wantEvents("22 logged in CD5678")
		h.wantState(asha, session.LinkSent)
		if _, err := h.pool.Callback(h.t.Context(), "made-up", code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("a made up state: %v", err)
		}
	})
}

// The server takes five codes at once and then one in twelve seconds. Who comes
// in between waits, is told so, and is logged in without asking again, be it by
// another process.
func TestCodesQueue(t *testing.T) {
	testOAuth(t, func(h *harness) {
		for n := range 5 {
			if err := h.authorize(int64(100+n), fmt.Sprintf("QQ%04d", n)); err != nil {
				t.Fatalf("login %d: %v", n, err)
			}
		}
		h.wantEvents("100 logged in QQ0000", "101 logged in QQ0001", "102 logged in QQ0002", "103 logged in QQ0003", "104 logged in QQ0004")
		for n := range 2 {
			err := h.authorize([]int64{asha, ravi}[n], []string{"AB1234", "CD5678"}[n])
			queued, ok := errors.AsType[*session.QueuedError](err)
			if want := time.Duration(n+1) * 12 * time.Second; !ok || time.Until(queued.Until).Round(time.Second) != want {
				t.Fatalf("login %d over the burst: %v, want it to wait %v", n+1, err, want)
			}
		}
		if _, _, err := h.pool.Link(h.t.Context(), ravi, ""); !asError[*session.QueuedError](err) {
			t.Errorf("/login of a person whose code is queued: %v", err)
		}
		h.pass(11 * time.Second)
		h.wantEvents()
		h.pass(time.Second)
		h.wantEvents("11 logged in AB1234")
		for _, who := range []int64{100, 101, 102, 103, 104, asha} {
			h.announced(who)
		}
		h.restart()
		h.pass(12 * time.Second)
		h.wantEvents("22 logged in CD5678")
	})
}

// A code is sent once, whatever became of it.
func TestACodeIsSentOnce(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*harness)
		want   error
	}{
		"refused":    {func(h *harness) { h.kite.RefuseCodes.Store(true) }, session.ErrCodeRefused},
		"unanswered": {func(h *harness) { h.kite.Down.Store(true) }, session.ErrCodeLost},
		"slow":       {func(h *harness) { h.kite.Slow(time.Hour) }, session.ErrCodeLost},
	} {
		t.Run(name, func(t *testing.T) {
			testOAuth(t, func(h *harness) {
				link := h.link(asha, "")
				state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
				test.breaks(h)
				if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
				h.wantEvents("11 link dead ")
				h.kite.Down.Store(false)
				h.kite.RefuseCodes.Store(false)
				h.kite.Slow(0)
				if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !errors.Is(err, session.ErrNoAttempt) {
					t.Errorf("the same code again: %v", err)
				}
				h.restart()
				h.pass(time.Hour)
				h.wantCalls("token 1")
				h.grant(asha, "AB1234")
			})
		})
	}
}

// A process that dies while a code is under way loses it.
func TestACodeUnderWayAtAKillIsLost(t *testing.T) {
	testOAuth(t, func(h *harness) {
		link := h.link(asha, "")
		state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
		rec, err := h.store.Load(asha)
		if err != nil {
			t.Fatal(err)
		}
		h.pool.Close()
		rec.Links[0].Attempt.Code, rec.Links[0].Attempt.Sent = code, true
		if err := h.store.Save(rec); err != nil {
			t.Fatal(err)
		}
		h.open()
		h.pass(time.Second)
		h.wantEvents("11 link dead ", "11 login failed ")
		h.wantCalls()
		if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !errors.Is(err, session.ErrNoAttempt) {
			t.Errorf("the code again: %v", err)
		}
	})
}

// Kite is silent right after the code was exchanged: the login is made, and found
// as soon as Kite answers.
func TestALoginThatCannotBeReadYet(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Mute.Store(true)
		if err := h.authorize(asha, "AB1234"); !errors.Is(err, session.ErrUnread) {
			t.Errorf("%v, want not yet", err)
		}
		h.pass(time.Minute)
		h.wantEvents()
		h.kite.Mute.Store(false)
		h.pass(5 * time.Second)
		h.wantEvents("11 logged in AB1234")
	})
}

// Why a login is over is told apart, as far as the server says.
func TestWhyALoginByOAuthIsOver(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*harness)
		want   wire.Ending
	}{
		"the server was restarted": {func(h *harness) { h.kite.Restart() }, wire.EndLost},
		"the bearer ran out":       {func(h *harness) { h.kite.Expire() }, wire.EndExpired},
		"Kite's morning cut-off":   {func(h *harness) { h.kite.CutOff() }, wire.EndCutOff},
		"the server was switched":  {func(h *harness) { h.kite.OAuth.Store(false) }, wire.EndSwitched},
	} {
		t.Run(name, func(t *testing.T) {
			testOAuth(t, func(h *harness) {
				h.grant(asha, "AB1234")
				test.breaks(h)
				_, err := h.call(asha)
				ended, ok := errors.AsType[*session.EndedError](err)
				if !ok || ended.Why != test.want || !errors.Is(err, session.ErrEnded) {
					t.Errorf("%v (%+v), want ended because of %d", err, ended, test.want)
				}
				h.wantState(asha, session.None)
				h.wantError(asha, session.ErrNoLogin)
			})
		})
	}
}

// A Kite that fails for another reason ends nothing.
func TestAFailingKiteEndsNoLoginByOAuth(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.grant(asha, "AB1234")
		h.kite.Mute.Store(true)
		if _, err := h.call(asha); !asError[*session.DoubtError](err) {
			t.Errorf("%v, want doubt", err)
		}
		if n := strings.Count(strings.Join(h.kite.Calls(), " "), "get_alerts"); n != 1 {
			t.Errorf("Kite's reason was asked for %d times, want once", n)
		}
		h.kite.Mute.Store(false)
		h.wantAnswer(asha, "AB1234")
	})
}

func TestLogoutOfALoginByOAuth(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.grant(asha, "AB1234")
		h.link(ravi, "")
		for _, who := range []int64{asha, ravi} {
			if _, s, err := h.pool.Logout(h.t.Context(), who); err != nil || s.State != session.None {
				t.Errorf("logout of %d: %v, %v", who, s.State, err)
			}
		}
		h.wantCalls("logout 1") // there is nothing to end of an attempt
		if rec, err := h.store.Load(ravi); err != nil || len(rec.Links) != 0 {
			t.Errorf("%+v, %v", rec, err)
		}
	})
}

// A look at the link that was refused is under way meanwhile: what it finds is no
// news of its own.
func TestARefusedLoginByOAuthIsNotifiedOnce(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.grant(asha, "AB1234")
		link, refused, asked := h.link(ravi, ""), make(chan struct{}), 0
		h.pass(5*time.Minute - 5*time.Second) // the next look is near
		state, code := answerTo(h.t, h.kite.Authorize(link.URL, "AB1234"))
		h.kite.Before(func(string) {
			h.mu.Lock()
			asked++
			n := asked
			h.mu.Unlock()
			switch n {
			case 1: // the caller's question; the look comes before its answer
				time.Sleep(10 * time.Second)
			case 2:
				<-refused
			}
		})
		if _, err := h.pool.Authorized(h.t.Context(), ravi, state, code); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("%v, want refused", err)
		}
		close(refused)
		h.wantEvents("22 refused ", "11 contested ")
		h.wantError(asha, session.ErrNoLogin)
		if asked != 2 {
			t.Errorf("asked %d times, want twice", asked)
		}
	})
}

// One store at a server that changes twice: people can log in each time, a
// login of the other kind is found dead at its first answer, and the change alone
// causes no call and no event.
func TestAServerThatChangesTwice(t *testing.T) {
	testPool(t, func(h *harness) {
		people := []int64{31, 32, 33, 34}
		user := func(who int64) string { return fmt.Sprintf("SW%04d", who) }
		for _, who := range people {
			h.login(who, user(who))
		}
		for range 2 {
			for _, oauth := range []bool{true, false} {
				h.kite.Calls()
				h.kite.OAuth.Store(oauth)
				h.kite.DropStreams()
				h.pass(10 * time.Minute)
				h.wantCalls() // nothing happens before a person asks
				h.wantEvents()
				for _, who := range people {
					_, err := h.call(who)
					if ended, ok := errors.AsType[*session.EndedError](err); !ok || ended.Why != wire.EndSwitched {
						t.Fatalf("%d after the change: %v", who, err)
					}
				}
				if calls := h.kite.Calls(); len(calls) != len(people) {
					t.Errorf("%d people asked, and the server was asked %q", len(people), calls)
				}
				for _, who := range people {
					if !oauth {
						h.login(who, user(who))
						continue
					}
					h.grant(who, user(who))
					h.pass(12 * time.Second) // the server's pace
				}
				h.pass(time.Minute)
				h.wantEvents()
			}
		}
	})
}

// A link of the other kind that is out when the server changes is no use: the
// next /login gives one that is.
func TestALinkOfTheOtherKindIsReplaced(t *testing.T) {
	testPool(t, func(h *harness) {
		old := h.link(asha, "/funds")
		h.kite.OAuth.Store(true)
		h.kite.DropStreams()
		attempt := h.link(asha, "")
		if attempt.Attempt == nil || attempt.Ref == old.Ref {
			t.Errorf("the link after the change is %+v", attempt)
		}
		h.kite.OAuth.Store(false)
		again, s, err := h.pool.Link(h.t.Context(), asha, "")
		if err != nil || again.Attempt != nil {
			t.Fatalf("the link after the way back is %+v, %v", again, err)
		}
		if !slices.ContainsFunc(s.Links, func(l session.Link) bool { return l.Ref == attempt.Ref }) {
			t.Error("the caller is not told that the attempt is over")
		}
		h.kite.Browser(again.URL, "AB1234")
		h.pass(2 * time.Second)
	})
}

// On disk and in print nothing of an attempt can be read by chance.
func TestAttemptsPrintAsDots(t *testing.T) {
	testOAuth(t, func(h *harness) {
		link := h.link(asha, "")
		state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
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

// A person who leaves while a code is being exchanged is not logged in by it: what comes
// of the code is ended at the server, whether that makes the login late or answers late.
func TestALoginThatIsNotWantedAnyMoreIsEnded(t *testing.T) {
	for how, leave := range leaveFuncs {
		for _, answersLate := range []bool{false, true} {
			t.Run(fmt.Sprint(how, ", late answer ", answersLate), func(t *testing.T) {
				testOAuth(t, func(h *harness) {
					if answersLate {
						h.reopenOver(h.kite, slowAuthorizer{h.kite})
					}
					state, code := answerTo(t, h.kite.Authorize(h.link(asha, "").URL, "AB1234"))
					if !answersLate {
						h.kite.Slow(time.Second)
					}
					ctx, interrupt := context.WithCancel(context.Background())
					done := make(chan error)
					go func() { _, err := h.pool.Authorized(ctx, asha, state, code); done <- err }()
					time.Sleep(500 * time.Millisecond) // the code is being exchanged
					interrupt()                        // what the mailbox does for a /logout
					if _, _, err := leave(h.pool, h.t.Context(), asha); err != nil {
						t.Fatal(err)
					}
					if err := <-done; err == nil {
						t.Error("a login is made of the code all the same")
					}
					h.pass(time.Hour)
					h.wantEvents()
					h.wantSessions("AB1234", 0)
				})
			})
		}
	}
}
