package session

import (
	"context"
	"log/slog"

	"kitebot/internal/kite"
)

// ID is an MCP session id. It is a bearer key to somebody's brokerage account,
// so it prints as dots everywhere; only the connection and the sealed store
// call Reveal.
type ID struct{ value string }

// NewID wraps a session id taken from the wire or from the sealed store.
func NewID(value string) ID { return ID{value} }

// Reveal returns the id itself.
func (id ID) Reveal() string { return id.value }

// IsZero reports whether there is no id.
func (id ID) IsZero() bool { return id.value == "" }

func (id ID) String() string       { return "•••" }
func (id ID) GoString() string     { return "•••" }
func (id ID) LogValue() slog.Value { return slog.StringValue("•••") }

// Conn is one MCP connection bound to one session id.
type Conn interface {
	// Call asks one thing and returns the text of the answer; of kite.AskTools
	// that is the JSON of the protocol's tools/list result. Errors are
	// *kite.Error. It returns when ctx ends at the latest.
	Call(ctx context.Context, q kite.Query) (string, error)
	// ID is the session this connection belongs to.
	ID() ID
	// Lost is closed when the stream under this connection is gone; nil for a
	// connection without a stream (over /mcp).
	Lost() <-chan struct{}
	// Close lets go of the connection. It sends nothing to the server: the
	// login stays.
	Close()
}

// Dialer makes connections to the Kite MCP server.
type Dialer interface {
	// Open makes a new MCP session: stream, endpoint, initialize. The stream
	// outlives ctx, which bounds only the opening.
	Open(ctx context.Context) (Conn, error)
	// Resume speaks for an existing session over streamable HTTP. Nothing is
	// sent until the first Call; there is no initialize.
	Resume(id ID) Conn
	// End ends the session at the server (DELETE), which logs the person out
	// of Kite. nil also when the server says that the session is gone.
	End(ctx context.Context, id ID) error
}
