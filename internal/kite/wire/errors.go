package wire

import (
	"errors"
	"fmt"
)

// Kind says what a failure means for the person's login: it is the only thing
// callers branch on. The server's prose never leaves [Classify].
type Kind int

const (
	// KindUnknown is a failure that is not classified: treated like KindFailed.
	KindUnknown Kind = iota
	// KindFailed: the tool answered that it failed, without a reason. The
	// server says the same for an expired token, a rate limit and an outage
	// ("Failed to execute X" gives no reason).
	KindFailed
	// KindNoLogin: this MCP session has no login and says so.
	KindNoLogin
	// KindEnded: the server no longer knows this session, in its own words: HTTP 404
	// "Session terminated" or "session not found", HTTP 400 "Invalid session ID".
	// Over a stream that is merely lost the 400 means nothing for the login; the
	// session package knows which one it was.
	KindEnded
	// KindUnreachable: no answer: network, timeout, gateway (5xx, 524).
	KindUnreachable
	// KindNoTool: the server does not offer this tool (any more).
	KindNoTool
	// KindMalformed: an answer came, but it is not what the tool answers.
	KindMalformed
	// KindBadArgument: the server refused the arguments.
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
	// KindNotServed: there is no MCP server at this address: a 404 of a router,
	// 405, 410, 421, 426. It says nothing about any login.
	KindNotServed
	// KindAuthorize: HTTP 401: the server wants a login by OAuth, or another one.
	KindAuthorize
	// KindUnknownServer: the server offers nothing that we know: nothing is asked of it.
	KindUnknownServer
	// KindLimited: too much at once, of logins or of large answers: the same may
	// be tried again later.
	KindLimited
	// KindTooBig: the answer is larger than any that is read. It is not asked
	// for again.
	KindTooBig

	lastKind = KindTooBig
)

// Ending says why a login is over, as far as the server tells.
type Ending int

// The endings. A login made by the login tool ends without a reason.
const (
	EndUnknown  Ending = iota
	EndExpired         // its time was up at the server
	EndCutOff          // Kite has dropped it, as it does every morning
	EndLost            // the server has no record of it: it was restarted, or logged the session out
	EndSwitched        // the server has changed: no login of before is good any more
)

// Kinds lists every kind.
func Kinds() []Kind {
	var all []Kind
	for k := KindUnknown; k <= lastKind; k++ {
		all = append(all, k)
	}
	return all
}

var kindNames = [...]string{"unknown", "failed", "no login", "session ended", "unreachable", "no such tool", "malformed answer", "bad argument", "session in doubt", "unknown login link", "blocked on the way",
	"not served", "authorization required", "unfamiliar server", "limited", "answer too big"}

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
	Why  Ending // with KindEnded
	Tool string // "get_holdings"; "" when no tool was involved
	// Cause is why there was no answer, in a word or two that never change, such as
	// "refused", "dns", "timeout" or "http 502"; "" where that is not known.
	Cause string
	Err   error // what was seen; may be nil
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

// CauseOf returns the Cause of err, "" when it has none.
func CauseOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Cause
	}
	return ""
}

// KindOf returns the Kind of err, KindUnknown when it has none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnknown
}

// Unanswered reports whether a failure is that no MCP server answered: nothing
// is known of the login then, and the same may work in a minute.
func Unanswered(err error) bool {
	switch KindOf(err) {
	case KindUnreachable, KindNotServed, KindBlocked:
		return true
	default:
		return false
	}
}

// EndingOf says why a login is over, as far as err tells.
func EndingOf(err error) Ending {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Why
	}
	return EndUnknown
}

// Malformed is the error of an answer that is not what the tool answers.
// Causes are fixed words: the answer itself is account data and stays out.
func Malformed(tool string, cause error) error {
	return &Error{Kind: KindMalformed, Tool: tool, Err: cause}
}
