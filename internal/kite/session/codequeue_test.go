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
func (h *harness) fullDisk(most int) (tries func() int) {
	var mu sync.Mutex
	n := 0
	h.store.Before(func(session.Record) error {
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
	for name, prepare := range map[string]func(*harness) (tries func() int){
		"the attempt ran out": func(h *harness) func() int {
			h.link(asha, "")
			h.pass(session.AttemptLife - time.Second)
			return h.fullDisk(5000)
		},
		"the code is due": func(h *harness) func() int {
			h.kite.Limit(1)
			if err := h.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
				h.t.Fatal(err)
			}
			tries := h.fullDisk(5000)
			h.pass(12 * time.Second)
			return tries
		},
		"the code was refused": func(h *harness) func() int {
			state, code := answerTo(h.t, h.kite.Authorize(h.link(asha, "").URL, "AB1234"))
			h.kite.RefuseCodes.Store(true)
			h.kite.Slow(time.Second)
			done := make(chan error)
			go func() { _, err := h.pool.Authorized(context.Background(), asha, state, code); done <- err }()
			time.Sleep(500 * time.Millisecond)
			defer func() { <-done; h.kite.Slow(0) }()
			return h.fullDisk(5000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			testOAuth(t, func(h *harness) {
				tries := prepare(h)
				h.pass(10 * time.Second)
				if n := tries(); n > 20 {
					t.Errorf("the disk was tried %d times in ten seconds", n)
				}
			})
		})
	}
}

// slowAuthorizer is a server that makes the login at once and whose answer takes a second.
type slowAuthorizer struct {
	session.Authorizer
}

func (l slowAuthorizer) Redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	held, err := l.Authorizer.Redeem(ctx, a)
	select {
	case <-time.After(time.Second):
		return held, err
	case <-ctx.Done():
		return session.Credential{}, &wire.Error{Kind: wire.KindUnreachable, Err: ctx.Err()}
	}
}

// A code that is turned away again and again does not wait for ever: it lives ten
// minutes.
func TestALimitedCodeDoesNotWaitForEver(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Limit(1 << 30)
		if err := h.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
			t.Fatal(err)
		}
		h.kite.Calls()
		h.pass(6 * time.Hour)
		if n := len(h.kite.Calls()); n > 100 {
			t.Errorf("the code was sent %d times in six hours", n)
		}
		if rec, err := h.store.Load(asha); err != nil || len(rec.Links) != 0 {
			t.Errorf("%d links are kept, %v", len(rec.Links), err)
		}
		h.wantEvents("11 link dead ", "11 login failed ")
	})
}

// One person who starts again and pastes nonsense must not fill the queue of all.
func TestGivenUpCodesGiveTheirTurnBack(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Limit(1 << 30) // nothing made up reaches the fake's check
		for range 65 {
			link, _, err := h.pool.Renew(h.t.Context(), ravi, "")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = h.pool.Authorized(h.t.Context(), ravi, link.Attempt.State, "made-up-code")
			time.Sleep(time.Second)
		}
		_, _, _ = h.pool.Logout(h.t.Context(), ravi)
		h.kite.Limit(0)
		err := h.authorize(asha, "AB1234")
		queued, ok := errors.AsType[*session.QueuedError](err)
		if ok && time.Until(queued.Until) > 2*time.Minute {
			t.Errorf("asha waits for %v because of abandoned codes; a code lives ten minutes", time.Until(queued.Until).Round(time.Second))
		}
	})
}

// A code that is queued is not thrown away because its link is old.
func TestAQueuedCodeOfAnOldLinkIsKept(t *testing.T) {
	testOAuth(t, func(h *harness) {
		link := h.link(asha, "")
		h.pass(session.LinkYoung + time.Minute) // the person is told 30 minutes
		h.kite.Limit(1)
		state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
		if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !asError[*session.QueuedError](err) {
			t.Fatal(err)
		}
		if _, _, err := h.pool.Link(h.t.Context(), asha, "/holdings"); !asError[*session.QueuedError](err) {
			t.Errorf("any command meanwhile: %v, want to be told that the login waits", err)
		}
		h.pass(time.Minute)
		h.wantEvents("11 logged in AB1234/holdings")
	})
}

// Once the code was exchanged there is nothing left to do in the browser, and to
// start again begins anew.
func TestStartAgainAfterTheExchange(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Mute.Store(true)
		link := h.link(asha, "")
		state, code := answerTo(t, h.kite.Authorize(link.URL, "AB1234"))
		if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !errors.Is(err, session.ErrUnread) {
			t.Fatal(err)
		}
		if _, err := h.pool.Authorized(h.t.Context(), asha, state, code); !errors.Is(err, session.ErrUnread) {
			t.Errorf("the same address again, though its login is made: %v", err)
		}
		again, _, err := h.pool.Renew(h.t.Context(), asha, "")
		if err != nil || again.Ref == link.Ref || again.Attempt == nil {
			t.Errorf("start again gives out the finished link, as one by the login tool: %v, the same %v, an attempt %v", err, again.Ref == link.Ref, again.Attempt != nil)
		}
	})
}

func TestLogoutKnowsAnUnreadLogin(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Mute.Store(true)
		_ = h.authorize(asha, "AB1234")
		was, _, err := h.pool.Logout(h.t.Context(), asha)
		if err != nil || !was.ByOAuth() {
			t.Errorf("%v; by oauth: %v", err, was.ByOAuth())
		}
		if !slices.ContainsFunc(h.kite.Calls(), func(c string) bool { return strings.HasPrefix(c, "logout") }) {
			t.Error("not ended")
		}
	})
}
