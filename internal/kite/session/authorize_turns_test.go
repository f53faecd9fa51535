package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// fullDisk fails every Save, and counts; after most of them it has room again, so
// that a loop without a pause ends the test and not the machine.
func (w *world) fullDisk(most int) (tries func() int) {
	var mu sync.Mutex
	n := 0
	w.store.Before(func(session.Record) error {
		mu.Lock()
		defer mu.Unlock()
		if n++; n > most {
			return nil
		}
		return errors.New("no space left")
	})
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// While the disk is full an attempt is looked at now and then, not without a pause.
func TestAFullDiskMakesNoBusyLoop(t *testing.T) {
	t.Run("the attempt ran out", func(t *testing.T) {
		inOAuth(t, func(w *world) {
			w.link(asha, "")
			w.pass(session.AttemptLife - time.Second)
			tries := w.fullDisk(5000)
			w.pass(10 * time.Second)
			if n := tries(); n > 20 {
				t.Errorf("the disk was tried %d times in ten seconds", n)
			}
		})
	})
	t.Run("the code is due", func(t *testing.T) {
		inOAuth(t, func(w *world) {
			w.kite.Limit(1)
			if err := w.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
				t.Fatal(err)
			}
			tries := w.fullDisk(5000)
			w.pass(22 * time.Second)
			if n := tries(); n > 20 {
				t.Errorf("the disk was tried %d times in ten seconds", n)
			}
		})
	})
	t.Run("the code was refused", func(t *testing.T) {
		inOAuth(t, func(w *world) {
			link := w.link(asha, "")
			state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
			w.kite.RefuseCodes.Store(true)
			w.kite.Slow(time.Second)
			done := make(chan error)
			go func() { _, err := w.pool.Authorized(context.Background(), asha, state, code); done <- err }()
			time.Sleep(500 * time.Millisecond)
			tries := w.fullDisk(5000)
			<-done
			w.kite.Slow(0)
			w.pass(10 * time.Second)
			if n := tries(); n > 20 {
				t.Errorf("the disk was tried %d times in ten seconds", n)
			}
		})
	})
}

// tardy is a server that makes the login at once and whose answer takes a second.
type tardy struct {
	session.Authorizer
}

func (l tardy) Redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	held, err := l.Authorizer.Redeem(ctx, a)
	select {
	case <-time.After(time.Second):
		return held, err
	case <-ctx.Done():
		return session.Credential{}, &wire.Error{Kind: wire.KindUnreachable, Err: ctx.Err()}
	}
}

// A /logout stops what runs for its person: their context ends. A code that is on
// its way all the same makes a login, and that one has to be ended.
func TestLogoutStopsThePasteAndLeavesNoLogin(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.pool.Close()
		w.pool = session.New(session.Options{Dialer: w.kite, Authorizer: tardy{w.kite}, Store: w.store, Notify: func(session.Event) {}})
		link := w.link(asha, "")
		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		ctx, interrupt := context.WithCancel(w.t.Context())
		done := make(chan error)
		go func() { _, err := w.pool.Authorized(ctx, asha, state, code); done <- err }()
		time.Sleep(500 * time.Millisecond)
		interrupt() // what the mailbox does for an order that overtakes
		_, _, _ = w.pool.Logout(w.t.Context(), asha)
		<-done
		w.pass(time.Hour)
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d logins are left at the server, and nobody holds their key", n)
		}
	})
}

// A code that is turned away again and again does not wait for ever: it lives ten
// minutes.
func TestALimitedCodeDoesNotWaitForEver(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Limit(1 << 30)
		if err := w.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
			t.Fatal(err)
		}
		w.kite.Calls()
		w.pass(6 * time.Hour)
		if n := len(w.kite.Calls()); n > 100 {
			t.Errorf("the code was sent %d times in six hours", n)
		}
		if rec, err := w.store.Load(asha); err != nil || len(rec.Links) != 0 {
			t.Errorf("%d links are kept, %v", len(rec.Links), err)
		}
		w.wantEvents("11 link dead ", "11 login failed ")
	})
}

// One person who starts again and pastes nonsense must not fill everybody's queue.
func TestGivenUpCodesGiveTheirTurnBack(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Limit(1 << 30) // nothing made up reaches the fake's check
		for range 65 {
			link, _, err := w.pool.Renew(w.t.Context(), ravi, "")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.pool.Authorized(w.t.Context(), ravi, link.Attempt.State, "made-up-code")
			time.Sleep(time.Second)
		}
		_, _, _ = w.pool.Logout(w.t.Context(), ravi)
		w.kite.Limit(0)
		err := w.authorize(asha, "AB1234")
		queued, ok := errors.AsType[*session.QueuedError](err)
		if ok && time.Until(queued.Until) > 2*time.Minute {
			t.Errorf("asha waits for %v because of codes that nobody waits for; a code lives ten minutes", time.Until(queued.Until).Round(time.Second))
		}
	})
}

// A code that is queued is not thrown away because its link is old.
func TestAQueuedCodeOfAnOldLinkIsKept(t *testing.T) {
	inOAuth(t, func(w *world) {
		link := w.link(asha, "")
		w.pass(session.LinkYoung + time.Minute) // the person is told 30 minutes
		w.kite.Limit(1)
		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !asError[*session.QueuedError](err) {
			t.Fatal(err)
		}
		if _, _, err := w.pool.Link(w.t.Context(), asha, "/holdings"); !asError[*session.QueuedError](err) {
			t.Errorf("any command meanwhile: %v, want to be told that the login waits", err)
		}
		w.pass(time.Minute)
		w.wantEvents("11 logged in AB1234/holdings")
	})
}

// Once the code was exchanged there is nothing left to do in the browser, and to
// start again begins anew.
func TestStartAgainAfterTheExchange(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Mute.Store(true)
		link := w.link(asha, "")
		state, code := answerTo(t, w.kite.Authorize(link.URL, "AB1234"))
		if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !errors.Is(err, session.ErrUnread) {
			t.Fatal(err)
		}
		if _, err := w.pool.Authorized(w.t.Context(), asha, state, code); !errors.Is(err, session.ErrUnread) {
			t.Errorf("the same address again, though its login is made: %v", err)
		}
		again, _, err := w.pool.Renew(w.t.Context(), asha, "")
		if err != nil || again.Ref == link.Ref || again.Attempt == nil {
			t.Errorf("start again gives out the finished link, as one by the login tool: %v, the same %v, an attempt %v", err, again.Ref == link.Ref, again.Attempt != nil)
		}
	})
}

func TestLogoutKnowsAnUnreadLogin(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Mute.Store(true)
		_ = w.authorize(asha, "AB1234")
		was, _, err := w.pool.Logout(w.t.Context(), asha)
		if err != nil || !was.ByOAuth() {
			t.Errorf("%v; by oauth: %v", err, was.ByOAuth())
		}
		if !slices.ContainsFunc(w.kite.Calls(), func(c string) bool { return strings.HasPrefix(c, "logout") }) {
			t.Error("not ended")
		}
	})
}
