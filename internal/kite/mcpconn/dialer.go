package mcpconn

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// Dialer makes connections to one Kite MCP server. It implements
// [session.Dialer] and [session.Authorizer], and may be used by many goroutines.
// Close it at the end.
type Dialer struct {
	*server
	*oauth
	streams streamSupport // whether there are any
	nowhere atomic.Bool   // no server was found at the address
	grants  grants        // bearers in use
}

var (
	_ session.Dialer     = (*Dialer)(nil)
	_ session.Authorizer = (*Dialer)(nil)
)

// New makes a Dialer. It dials nothing. Its error names what is wrong with the
// options, without repeating the address.
func New(o Options) (*Dialer, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	return &Dialer{server: s, oauth: newOAuth(s)}, nil
}

// Close ends all streams and calls, waits for them, and closes the idle
// connections. It sends nothing: all logins stay. The Dialer and its
// connections answer KindUnreachable from then on.
func (d *Dialer) Close() { d.shutdown() }

// Surface returns what the server offers, as far as it is known now.
func (d *Dialer) Surface() Surface {
	s := d.surfaces.now()
	s.Stream = d.at.sse != nil && d.streams.served()
	return s
}

// Resume returns a connection that speaks for an existing login. Nothing is
// sent or opened before its first Call. It need not be closed: the garbage
// collector takes it. Connections of one bearer share its MCP session.
func (d *Dialer) Resume(h session.Credential, renewed func(mcp session.ID)) session.Conn {
	if h.Session.IsBearer() {
		return d.resumeBearer(h, renewed)
	}
	return d.resume(h.Session)
}

func (d *Dialer) resumeBearer(h session.Credential, renewed func(session.ID)) *bearerConn {
	c := &bearerConn{baseConn: newBaseConn(d.server, context.Background()), grant: d.grants.of(h), renewed: renewed}
	c.id = h.Session
	return c
}

// Open makes a new session: a stream, or a streamable session for an …/mcp
// address and where the server serves no streams. ctx and OpenTimeout bound the
// opening only. The error is a *wire.Error: of KindAuthorize when the server
// wants a login by OAuth, of KindUnknownServer when it offers nothing that we know,
// of KindMalformed when it answers something that is not the protocol, else of
// KindUnreachable, KindNotServed or KindBlocked.
func (d *Dialer) Open(ctx context.Context) (session.Conn, error) {
	if !d.enter() {
		return nil, classify("", errClosed)
	}
	defer d.work.Done()
	ctx, cancel := context.WithTimeout(ctx, d.opts.OpenTimeout)
	defer cancel()
	began := time.Now()
	conn, err := d.open(ctx)
	d.noteServed(err)
	if err == nil {
		err = d.checkSurface(ctx, conn)
	}
	d.measure(opening, began, err)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// open makes a new session by the way that the server serves. When it serves no
// streams the session is made over …/mcp at once, and so are those after it for a
// while. An outage of both says nothing about streams.
func (d *Dialer) open(ctx context.Context) (opened, error) {
	if d.at.sse == nil || !d.streams.shouldTry(d.opts.StreamRetry) {
		return d.openSession(ctx)
	}
	conn, gone, err := d.openStream(ctx)
	if !gone {
		if err == nil && d.streams.note(true, 0) {
			d.log.Info("kite's server serves streams again: sessions are opened as streams")
		}
		return conn, err
	}
	conn, err = d.openSession(ctx)
	if answered := err == nil || wire.KindOf(err) == wire.KindAuthorize; answered && d.streams.note(false, d.opts.StreamRetry) {
		d.log.Info("kite's server serves no streams: sessions are opened over /mcp")
	}
	return conn, err
}

// noteServed tells the operator once that there is no MCP server at the address,
// and when there is one again.
func (d *Dialer) noteServed(err error) {
	switch kind := wire.KindOf(err); {
	case kind == wire.KindNotServed && !d.nowhere.Swap(true):
		d.log.Error("there is no MCP server at KITE_MCP_URL",
			"effect", "no one can log in until the server is back", "action", "check KITE_MCP_URL", "err", err)
	case (err == nil || kind == wire.KindAuthorize) && d.nowhere.Swap(false):
		d.log.Info("there is an MCP server at KITE_MCP_URL again")
	}
}

// checkSurface looks at the server over a session that was just opened, unless it is
// known. The error says that the session is of no use; it is closed then.
func (d *Dialer) checkSurface(ctx context.Context, conn opened) error {
	known := d.surfaces.now()
	surprised := known.OAuth || known.Unfamiliar // yet here is a session, and it may have changed
	if known.Style == query.StyleUnknown || surprised {
		_ = d.surfaces.refresh(ctx, surprised, conn.probe) // without it the session is as good as before
	}
	err := ctx.Err()
	if err == nil {
		err = d.surfaces.now().barred()
	}
	if err != nil {
		conn.Close()
		return d.openFailed(ctx, err, conn.ID())
	}
	return nil
}

// streamSupport remembers that the server serves no streams, so that not every Open asks
// in vain.
type streamSupport struct {
	mu    sync.Mutex
	again time.Time // when to ask again; zero while streams are served
}

// served reports whether streams are served, as far as is known.
func (s *streamSupport) served() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.again.IsZero()
}

// shouldTry reports whether to ask for a stream. When it is time to
// ask again, only one caller does, since the answer may take long.
func (s *streamSupport) shouldTry(retry time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	due := !now.Before(s.again)
	if due && !s.again.IsZero() {
		s.again = now.Add(retry)
	}
	return due
}

// note keeps whether streams are served, and when to ask again where they are not. It
// reports whether that is news.
func (s *streamSupport) note(served bool, retry time.Duration) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.again.IsZero() != served
	if s.again = (time.Time{}); !served {
		s.again = time.Now().Add(retry)
	}
	return news
}
