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

// gated holds up new sessions, and questions over old ones, until its channels
// are closed, or let one pass.
type gated struct {
	session.Dialer
	open, ask chan struct{}
}

func (g gated) Open(ctx context.Context) (session.Conn, error) {
	<-g.open
	return g.Dialer.Open(ctx)
}

func (g gated) Resume(h session.Credential, renewed func(session.ID)) session.Conn {
	return gatedConn{g.Dialer.Resume(h, renewed), g.ask}
}

type gatedConn struct {
	session.Conn
	ask chan struct{}
}

func (c gatedConn) Call(ctx context.Context, q query.Query) (string, error) {
	select {
	case <-c.ask:
		return c.Conn.Call(ctx, q)
	case <-ctx.Done():
		return "", &wire.Error{Kind: wire.KindUnreachable, Err: context.Cause(ctx)}
	}
}

// becomes goes on with the same store, and another way to Kite.
func (w *world) becomes(d session.Dialer, a session.Authorizer) {
	w.pool.Close()
	w.openOver(d, a)
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
	inOAuth(t, func(w *world) {
		w.kite.Callback.Store(true)
		g := gated{w.kite, make(chan struct{}, 1), make(chan struct{})}
		w.becomes(g, w.kite)
		g.open <- struct{}{} // for the link
		state, code := answerTo(t, w.kite.Authorize(w.link(asha, "").URL, "AB1234"))
		linked, back := make(chan error), make(chan error)
		go func() { _, _, err := w.pool.Link(w.t.Context(), asha, "/funds"); linked <- err }()
		synctest.Wait() // it looks whether the server still wants this kind of login
		go func() { _, err := w.pool.Callback(w.t.Context(), state, code); back <- err }()
		synctest.Wait() // it has the bearer, and asks whose it is
		close(g.open)
		wantErr(t, <-linked, session.ErrUnread)
		close(g.ask)
		wantErr(t, <-back, nil)
		rec, err := w.store.Load(asha)
		if err != nil || rec.Login == nil || !rec.Login.Session.IsBearer() {
			t.Fatalf("the login: %+v, %v", rec.Login, err)
		}
		if len(rec.Links) != 1 || rec.Links[0].Then != "/funds" {
			t.Errorf("the command that waits is not left with the login: %+v", rec.Links)
		}
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Error(err)
		}
		w.pass(time.Minute)
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d logins are left at the server, and nobody has their key", n)
		}
	})
}

// A browser that loads its last page twice hears the same both times.
func TestACodeIsBroughtTwiceAtOnce(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Callback.Store(true)
		state, code := answerTo(t, w.kite.Authorize(w.link(asha, "").URL, "AB1234"))
		w.kite.Slow(time.Second)
		back := make(chan error)
		for range 2 {
			go func() { _, err := w.pool.Callback(w.t.Context(), state, code); back <- err }()
			time.Sleep(200 * time.Millisecond)
		}
		for range 2 {
			wantErr(t, <-back, nil)
		}
	})
}

// What came of a code that a browser brought is told in the chat, too: a phone drops
// the page as soon as another app is opened.
func TestACallbackThatIsRefusedIsTold(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Callback.Store(true)
		w.kite.RefuseCodes.Store(true)
		state, code := answerTo(t, w.kite.Authorize(w.link(asha, "/funds").URL, "AB1234"))
		_, err := w.pool.Callback(w.t.Context(), state, code)
		wantErr(t, err, session.ErrCodeRefused)
		w.wantEvents("11 link dead ", "11 login failed ")
	})
}

// A code that could not be written down took no turn, and is none of the three that
// a person may bring.
func TestACodeThatWasNotWrittenDownCountsForNothing(t *testing.T) {
	inOAuth(t, func(w *world) {
		state, code := answerTo(t, w.kite.Authorize(w.link(asha, "").URL, "AB1234"))
		full := errors.New("no space left on device")
		w.store.Before(func(session.Record) error { return full })
		for range 8 {
			_, err := w.pool.Authorized(w.t.Context(), asha, state, code)
			wantErr(t, err, full)
		}
		w.store.Before(nil)
		_, err := w.pool.Authorized(w.t.Context(), asha, state, code)
		wantErr(t, err, nil)
	})
}

// crashing has a bug where codes are exchanged.
type crashing struct{ session.Authorizer }

func (crashing) Redeem(context.Context, session.Attempt) (session.Credential, error) { panic("a bug") }

// A bug in the exchange costs that login, and its person hears of it.
func TestAnExchangeThatPanics(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Limit(1)
		if _, queued := w.authorize(asha, "AB1234").(*session.QueuedError); !queued {
			t.Fatal("the code does not wait")
		}
		w.becomes(w.kite, crashing{w.kite})
		w.pass(2 * time.Minute)
		w.wantEvents("11 link dead ", "11 login failed ")
	})
}

// A code that was under way when the bot stopped is told by the next process.
func TestARestartDuringAnExchange(t *testing.T) {
	inOAuth(t, func(w *world) {
		w.kite.Limit(1)
		if _, queued := w.authorize(asha, "AB1234").(*session.QueuedError); !queued {
			t.Fatal("the code does not wait")
		}
		w.kite.Slow(5 * time.Second)
		w.pass(13 * time.Second) // it is sent
		w.pool.Close()
		w.wantEvents()
		w.becomes(w.kite, w.kite)
		w.pass(time.Minute)
		w.wantEvents("11 link dead ", "11 login failed ")
		if n := slices.Index(w.kite.Calls(), "token 1"); n < 0 {
			t.Error("the code was never sent: this test proves nothing")
		}
	})
}
