package session

import (
	"context"
	"log/slog"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// ID is the key of a login: an MCP session id, or the bearer of a login by
// OAuth. Either opens a person's brokerage account, so it prints as dots
// everywhere; only the connection and the sealed store call Reveal.
type ID struct {
	value  string
	bearer bool
}

// NewID wraps a session id taken from the wire or from the sealed store.
func NewID(value string) ID { return ID{value: value} }

// NewBearer wraps a bearer taken from the wire or from the sealed store.
func NewBearer(value string) ID { return ID{value: value, bearer: true} }

// Reveal returns the id itself.
func (id ID) Reveal() string { return id.value }

// IsZero reports whether there is no id.
func (id ID) IsZero() bool { return id.value == "" }

// IsBearer reports whether it is the bearer of a login by OAuth.
func (id ID) IsBearer() bool { return id.bearer }

func (id ID) String() string { return dots }

func (id ID) GoString() string { return dots }

func (id ID) LogValue() slog.Value { return slog.StringValue(dots) }

// dots is what a secret prints as.
const dots = "•••"

// Credential is the key of a login, with what is known of its life.
type Credential struct {
	Session ID
	Since   time.Time // its first call; the server forgets it 12 hours later, unless Ends says otherwise
	Ends    time.Time // when a bearer ends; zero for an MCP session
	MCP     ID        // the MCP session that a bearer was used on last; zero for none
	UserID  string    // in Replaced and Ending: the Kite user who was logged in; "" for unknown
}

// End is when the server forgets the login at the latest.
func (h Credential) End() time.Time {
	if !h.Ends.IsZero() {
		return h.Ends
	}
	return h.Since.Add(ServerLife)
}

// Conn is one MCP connection bound to one login.
type Conn interface {
	// Call asks one thing and returns the text of the answer; of query.ToolList
	// that is the JSON of the protocol's tools/list result. Errors are
	// *wire.Error. It returns when ctx ends at the latest.
	Call(ctx context.Context, q query.Query) (string, error)
	// ID is the login this connection speaks for.
	ID() ID
	// Lost is closed when the stream under this connection is gone; nil for a
	// connection without a stream (over /mcp).
	Lost() <-chan struct{}
	// Close closes the connection. It sends nothing to the server: the login stays.
	Close()
}

// Dialer makes connections to the Kite MCP server.
type Dialer interface {
	// Open makes a new MCP session: stream, endpoint, initialize. The stream
	// outlives ctx, which bounds only the opening. It fails with
	// wire.KindAuthorize when the server wants a login by OAuth first.
	Open(ctx context.Context) (Conn, error)
	// Resume connects to an existing login over streamable HTTP. Nothing is sent
	// until the first Call. A login by OAuth outlives its MCP session: when the
	// connection opens another one it calls renewed, unless nil, from within Call.
	Resume(h Credential, renewed func(mcp ID)) Conn
	// End ends the login at the server, or returns nil if it is gone already. A login
	// by the login tool is logged out of Kite by that; one by OAuth stays valid at Kite
	// until its morning cut-off.
	End(ctx context.Context, h Credential) error
}

// Authorizer makes logins by OAuth.
type Authorizer interface {
	// Begin prepares an attempt: the address that the person opens, and what is
	// needed to exchange the code.
	Begin(ctx context.Context) (Attempt, kite.Link, error)
	// Redeem exchanges the code of an attempt, which it sends once. KindLimited: the
	// code can be sent again later. KindFailed: it was refused. KindUnreachable: it is
	// not known whether it was used.
	Redeem(ctx context.Context, a Attempt) (Credential, error)
}

// Attempt is a login by OAuth that was begun. It prints as dots.
type Attempt struct {
	State    string // ties the answer to this attempt and its person
	Verifier string // proves that we asked for the code
	ClientID string
	Redirect string    // where the browser ends
	Paste    bool      // no server listens there: the person sends us the address
	Code     string    // "" until the person or the browser sent it
	Received time.Time // when that was
	Due      time.Time // when it can be exchanged
	Sent     bool      // to be exchanged; never again
}

func (Attempt) String() string { return dots }

func (Attempt) GoString() string { return dots }

func (Attempt) LogValue() slog.Value { return slog.StringValue(dots) }

// identity asks a connection who is logged in on its session.
func identity(ctx context.Context, c Conn) (kite.Identity, error) {
	text, err := c.Call(ctx, query.Profile())
	if err != nil {
		return kite.Identity{}, err
	}
	profile, err := kite.DecodeProfile(text)
	if err != nil {
		return kite.Identity{}, err
	}
	return profile.Identity(), nil
}

// trackedConn is a connection, by stream or resumed.
type trackedConn struct {
	Conn
	stream bool // an SSE stream; otherwise over /mcp
}

// lost reports whether the stream is gone. A resumed one has none to lose.
func (l *trackedConn) lost() bool {
	select {
	case <-l.Lost():
		return true
	default:
		return false
	}
}

// isOpenStream reports whether there is a connection, by a stream that is not lost.
func (l *trackedConn) isOpenStream() bool { return l != nil && l.stream && !l.lost() }

// orUnreachable replaces "session ended" by no answer while the stream is open: that
// answer ends only a session without a stream.
func (l *trackedConn) orUnreachable(err error) error {
	if wire.KindOf(err) == wire.KindEnded && l.stream {
		return &wire.Error{Kind: wire.KindUnreachable, Err: err}
	}
	return err
}
