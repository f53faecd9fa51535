package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// blockedDialer holds up new sessions, and questions over old ones, until its channels
// are closed, or let one pass.
type blockedDialer struct {
	session.Dialer
	open, ask chan struct{}
}

func (g blockedDialer) Open(ctx context.Context) (session.Conn, error) {
	<-g.open
	return g.Dialer.Open(ctx)
}

func (g blockedDialer) Resume(h session.Credential, renewed func(session.ID)) session.Conn {
	return blockedConn{g.Dialer.Resume(h, renewed), g.ask}
}

type blockedConn struct {
	session.Conn
	ask chan struct{}
}

func (c blockedConn) Call(ctx context.Context, q query.Query) (string, error) {
	select {
	case <-c.ask:
		return c.Conn.Call(ctx, q)
	case <-ctx.Done():
		return "", &wire.Error{Kind: wire.KindUnreachable, Err: context.Cause(ctx)}
	}
}

// reopenOver goes on with the same store, and another way to Kite.
func (h *harness) reopenOver(d session.Dialer, a session.Authorizer) {
	h.pool.Close()
	h.openOver(d, a)
}

// wantErr checks an error.
func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// A link that is asked for while its code is being exchanged takes nothing from
// the login that is made of it.
func TestALinkDuringItsExchange(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Callback.Store(true)
		g := blockedDialer{h.kite, make(chan struct{}, 1), make(chan struct{})}
		h.reopenOver(g, h.kite)
		g.open <- struct{}{} // for the link
		state, code := answerTo(t, h.kite.Authorize(h.link(asha, "").URL, "AB1234"))
		linked, back := make(chan error), make(chan error)
		go func() { _, _, err := h.pool.Link(h.t.Context(), asha, "/funds"); linked <- err }()
		synctest.Wait() // it looks whether the server still wants this kind of login
		go func() { _, err := h.pool.Callback(h.t.Context(), state, code); back <- err }()
		synctest.Wait() // it has the bearer, and asks whose it is
		close(g.open)
		wantErr(t, <-linked, session.ErrUnread)
		close(g.ask)
		wantErr(t, <-back, nil)
		rec, err := h.store.Load(asha)
		if err != nil || rec.Login == nil || !rec.Login.Session.IsBearer() {
			t.Fatalf("the login: %+v, %v", rec.Login, err)
		}
		if len(rec.Links) != 1 || rec.Links[0].Then != "/funds" {
			t.Errorf("the command that waits is not left with the login: %+v", rec.Links)
		}
		h.leave(asha)
		h.pass(time.Minute)
		h.wantSessions("AB1234", 0)
	})
}

// A browser that loads its last page twice hears the same both times.
func TestACodeIsBroughtTwiceAtOnce(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Callback.Store(true)
		state, code := answerTo(t, h.kite.Authorize(h.link(asha, "").URL, "AB1234"))
		h.kite.Slow(time.Second)
		back := make(chan error)
		for range 2 {
			go func() { _, err := h.pool.Callback(h.t.Context(), state, code); back <- err }()
			time.Sleep(200 * time.Millisecond)
		}
		for range 2 {
			wantErr(t, <-back, nil)
		}
	})
}

// What came of a code that a browser brought is told in the chat, too: a phone drops
// the page as soon as another app is opened.
func TestACallbackThatIsRefusedIsNotified(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Callback.Store(true)
		h.kite.RefuseCodes.Store(true)
		state, code := answerTo(t, h.kite.Authorize(h.link(asha, "/funds").URL, "AB1234"))
		_, err := h.pool.Callback(h.t.Context(), state, code)
		wantErr(t, err, session.ErrCodeRefused)
		h.wantEvents("11 link dead ", "11 login failed ")
	})
}

// A code that could not be written down took no turn, and is none of the three that
// a person may bring.
func TestACodeThatWasNotWrittenDownCountsForNothing(t *testing.T) {
	testOAuth(t, func(h *harness) {
		state, code := answerTo(t, h.kite.Authorize(h.link(asha, "").URL, "AB1234"))
		full := errors.New("no space left on device")
		h.store.Before(func(session.Record) error { return full })
		for range 8 {
			_, err := h.pool.Authorized(h.t.Context(), asha, state, code)
			wantErr(t, err, full)
		}
		h.store.Before(nil)
		_, err := h.pool.Authorized(h.t.Context(), asha, state, code)
		wantErr(t, err, nil)
	})
}

// panickingAuthorizer panics where codes are exchanged.
type panickingAuthorizer struct{ session.Authorizer }

func (panickingAuthorizer) Redeem(context.Context, session.Attempt) (session.Credential, error) {
	panic("a bug")
}

// A bug in the exchange costs that login, and its person hears of it.
func TestAnExchangeThatPanics(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Limit(1)
		if _, queued := h.authorize(asha, "AB1234").(*session.QueuedError); !queued {
			t.Fatal("the code does not wait")
		}
		h.reopenOver(h.kite, panickingAuthorizer{h.kite})
		h.pass(2 * time.Minute)
		h.wantEvents("11 link dead ", "11 login failed ")
	})
}

// A code that was under way when the bot stopped is told by the next process.
func TestARestartDuringAnExchange(t *testing.T) {
	testOAuth(t, func(h *harness) {
		h.kite.Limit(1)
		if _, queued := h.authorize(asha, "AB1234").(*session.QueuedError); !queued {
			t.Fatal("the code does not wait")
		}
		h.kite.Slow(5 * time.Second)
		h.pass(13 * time.Second) // it is sent
		h.pool.Close()
		h.wantEvents()
		h.reopenOver(h.kite, h.kite)
		h.pass(time.Minute)
		h.wantEvents("11 link dead ", "11 login failed ")
		if n := slices.Index(h.kite.Calls(), "token 1"); n < 0 {
			t.Error("the code was never sent: this test proves nothing")
		}
	})
}
