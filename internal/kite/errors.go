package kite

import (
	"errors"
	"fmt"
)

// Kind says what a failure means for the person's login: it is the only thing
// callers branch on. The server's prose never leaves [Classify].
type Kind int

const (
	// KindUnknown is a failure nobody has classified: treated like KindFailed.
	KindUnknown Kind = iota
	// KindFailed: the tool answered that it failed, without a reason. The
	// server says the same for an expired token, a rate limit and an outage
	// (facts: "Failed to execute X" says nothing).
	KindFailed
	// KindNoLogin: this MCP session has no login and says so.
	KindNoLogin
	// KindEnded: the server no longer knows this session: HTTP 404, or HTTP 400
	// "Invalid session ID". Over a stream that is merely lost the 400 says
	// nothing about the login; the session package knows which one it was.
	KindEnded
	// KindUnreachable: no answer: network, timeout, gateway (5xx, 524).
	KindUnreachable
	// KindNoTool: the server does not offer this tool (any more).
	KindNoTool
	// KindMalformed: an answer came, but it is not what the tool answers.
	KindMalformed
	// KindBadArgument: the server refused the arguments; Error.Err carries its
	// words, which are data.
	KindBadArgument
	// KindDoubt: over its stream the server says that it cannot bring this
	// session up ("Failed to establish a session"). That is what it says of a
	// session that is over, but it is not proof: ask over streamable HTTP, whose
	// 404 or 400 is ([KindEnded]). Until then the login may live.
	KindDoubt
	// KindNoLink: the login tool answered, but not with a login link that this
	// bot knows. A fault of ours for the operator to hear of.
	KindNoLink
	// KindBlocked: something on the way to the server refuses the bot: HTTP 403
	// without a challenge. It says nothing about any login.
	KindBlocked

	lastKind = KindBlocked
)

// Kinds lists every kind.
func Kinds() []Kind {
	var all []Kind
	for k := KindUnknown; k <= lastKind; k++ {
		all = append(all, k)
	}
	return all
}

var kindNames = [...]string{"unknown", "failed", "no login", "session ended", "unreachable", "no such tool", "malformed answer", "bad argument", "session in doubt", "unknown login link", "blocked on the way"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[KindUnknown]
	}
	return kindNames[k]
}

// Error is a failed tool call. Its text is for logs: it never holds a session
// id, a link or an amount.
type Error struct {
	Kind Kind
	Tool string // "get_holdings"; "" when no tool was involved
	Err  error  // what was seen; may be nil
}

func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Tool != "" {
		s = e.Tool + ": " + s
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s: %v", s, e.Err)
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of err, KindUnknown when it has none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnknown
}
