package mcpconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	"kitebot/internal/stdlog"
)

// reason is a failure in words of ours.
type reason string

func (r reason) Error() string { return string(r) }

// Causes. Their texts are for the log.
const (
	errClosed       = reason("connection closed")
	errLost         = reason("stream lost")
	errSilent       = reason("stream lost: silent for too long")
	errMoved        = reason("stream lost: the server named another endpoint")
	errTooBig       = reason("not an answer of the protocol: too long")
	errAnswerTooBig = reason("answer too big")
	errBusy         = reason("no room for a large answer: too many at once")
	errOdd          = reason("not an answer of the protocol")
	errBadID        = reason("not a session id")
	errNoStream     = reason("the answer is not an event stream")
	errNoEndpoint   = reason("the stream named no endpoint in time")
	errForeign      = reason("request to another server refused")
	errNoSession    = reason("no MCP session to be had")
	errSlowEnd      = reason("the logout took so long that kite may not have heard of it")
	errNotOffered   = reason("such a server cannot be asked this")
)

// refusedError is an HTTP answer other than 2xx. Its text leaves the body out.
type refusedError struct {
	status    int
	body      string
	challenge bool // it says where to learn how to authorize
}

func (e *refusedError) Error() string { return fmt.Sprintf("http status %d", e.status) }

// rpcError is a JSON-RPC error. Its text leaves the server's message out.
type rpcError struct {
	code    int
	message string
}

func (e *rpcError) Error() string { return fmt.Sprintf("json-rpc error %d", e.code) }

// toolError is a result that reports a failure. Its text leaves the server's out.
type toolError struct {
	text    string
	flagged bool // isError was set
}

func (e *toolError) Error() string { return "the tool failed" }

// judgedError is a failure whose meaning took more to find out than its answer.
type judgedError struct {
	kind wire.Kind
	why  wire.Ending
	text string // what was seen
}

func (e *judgedError) Error() string { return e.text }

// answer returns the server's own word within err, without the address that
// net/http puts around it; nil when the server did not speak.
func answer(err error) error {
	var refused *refusedError
	var rpc *rpcError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &rpc):
		return rpc
	}
	return nil
}

// because finds out why a request failed. ctx is the caller's, bound the one
// the request was made with, life that of the connection. What the server said
// counts most; then the caller's own wish; then a lost connection.
func because(ctx, bound, life context.Context, err error) error {
	switch {
	case answer(err) != nil:
		return answer(err)
	case errors.Is(err, errAnswerTooBig):
		return errAnswerTooBig
	case errors.Is(err, errTooBig):
		return errTooBig
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errBusy):
		return errBusy
	case life.Err() != nil:
		return context.Cause(life)
	case bound.Err() != nil:
		return context.Cause(bound)
	case overdue(bound):
		return context.DeadlineExceeded
	default:
		return withoutAddress(err)
	}
}

// overdue reports whether a deadline has passed. Others run timers of their own to
// the same moment, such as a dial, and may beat the context's.
func overdue(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= 0
}

// scrub returns err without the session id. net/http quotes what a server sent
// in some of its errors, so that no text can be trusted.
func scrub(err error, id session.ID) error {
	if err == nil || id.IsZero() {
		return err
	}
	secret := id.Reveal()
	text := err.Error()
	clean := strings.NewReplacer(secret, id.String(), url.QueryEscape(secret), id.String()).Replace(text)
	if clean == text {
		return err
	}
	return errors.New(clean)
}

// classify makes a *wire.Error of a cause.
func classify(tool string, cause error) error {
	err := meaning(tool, cause)
	if failed, ok := errors.AsType[*wire.Error](err); ok {
		failed.Cause = causeOf(cause)
	}
	return err
}

// causeOf is why there was no answer, for [wire.Error.Cause].
func causeOf(cause error) string {
	refused, isRefused := errors.AsType[*refusedError](cause)
	way, isWay := errors.AsType[networkError](cause)
	switch {
	case isRefused:
		return fmt.Sprintf("http %d", refused.status)
	case isWay:
		return stdlog.NetworkCause(way.err)
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(cause, errNoEndpoint):
		return "timeout"
	case errors.Is(cause, errLost), errors.Is(cause, errSilent), errors.Is(cause, errMoved):
		return "stream lost"
	case errors.Is(cause, errOdd), errors.Is(cause, errTooBig), errors.Is(cause, errNoStream):
		return "not mcp"
	default:
		return ""
	}
}

func meaning(tool string, cause error) error {
	var refused *refusedError
	var rpc *rpcError
	var failed *toolError
	var judged *judgedError
	switch {
	case errors.As(cause, &judged):
		return &wire.Error{Kind: judged.kind, Why: judged.why, Tool: tool, Err: judged}
	case errors.As(cause, &refused):
		return wire.Classify(tool, wire.Outcome{Status: refused.status, Body: refused.body})
	case errors.As(cause, &rpc):
		return classifyRPC(tool, rpc)
	case errors.As(cause, &failed):
		return wire.Classify(tool, wire.Outcome{Text: failed.text, IsError: failed.flagged})
	case errors.Is(cause, errOdd), errors.Is(cause, errTooBig):
		return &wire.Error{Kind: wire.KindMalformed, Tool: tool, Err: cause}
	case errors.Is(cause, errAnswerTooBig):
		return &wire.Error{Kind: wire.KindTooBig, Tool: tool}
	case errors.Is(cause, errBusy):
		return &wire.Error{Kind: wire.KindLimited, Tool: tool, Err: errBusy}
	case errors.Is(cause, errNotOffered):
		return &wire.Error{Kind: wire.KindNoTool, Tool: tool, Err: cause}
	case errors.Is(cause, errBadID):
		return &wire.Error{Kind: wire.KindEnded, Tool: tool, Err: cause}
	default:
		return wire.Classify(tool, wire.Outcome{Err: cause})
	}
}

// classifyRPC prefers what the message says: "invalid params" is how a server
// answers for an unknown tool, but also for an unknown session.
func classifyRPC(tool string, e *rpcError) error {
	err := wire.Classify(tool, wire.Outcome{RPC: cmp.Or(e.message, e.Error())})
	if e.code == mcp.INVALID_PARAMS && wire.KindOf(err) == wire.KindFailed {
		return wire.Classify(tool, wire.Outcome{NoTool: true})
	}
	return err
}

// networkError is a failure on the way to the server or back. Its text says only of
// which kind: net/http quotes what the far end sent, which may be account data.
type networkError struct{ err error }

// unread is the error of an answer that could not be read to its end.
func unread(err error) error {
	if _, ours := errors.AsType[reason](err); ours || err == nil {
		return err
	}
	return networkError{err}
}

// withoutAddress is the error of a request without its address, which holds the
// session id: a reason of ours, or a networkError, or errOdd where mcp-go could make
// no sense of the answer.
func withoutAddress(err error) error {
	ours, isOurs := errors.AsType[reason](err)
	read, isRead := errors.AsType[networkError](err)
	request, isRequest := errors.AsType[*url.Error](err)
	switch {
	case isOurs:
		return ours
	case isRead:
		return read
	case isRequest:
		return networkError{request.Err}
	default:
		return errOdd
	}
}

func (e networkError) Error() string { return stdlog.NetworkKind(e.err) }

// GoString keeps %#v from walking into the hidden error.
func (e networkError) GoString() string { return e.Error() }

// Is lets [errors.Is] find the failure and what it wraps.
func (e networkError) Is(target error) bool { return errors.Is(e.err, target) }

// failure is classify, and nil for what did not fail.
func failure(tool string, cause error) error {
	if cause == nil {
		return nil
	}
	return classify(tool, cause)
}

// unopened is the error of a failed handshake. A status says nothing about any
// login here, because there is none yet: a 404 is a wrong address or a deploy, not
// the end of a session.
func unopened(cause error) error {
	err := failure("", cause)
	kind := wire.KindOf(err)
	if answer(cause) == nil || kind == wire.KindBlocked || kind == wire.KindNotServed {
		return err
	}
	kind = wire.KindUnreachable
	if refused, ok := errors.AsType[*refusedError](cause); ok && refused.status == http.StatusNotFound {
		kind = wire.KindNotServed
	}
	return &wire.Error{Kind: kind, Cause: causeOf(cause), Err: errors.New(cause.Error())} // its text only: the cause holds the server's words
}

// noStreams reports whether the way in which a stream failed to open says that
// the server serves none. A server that is away, or too busy, or keeps us out,
// says nothing of the kind.
func noStreams(cause error) bool {
	var refused *refusedError
	if !errors.As(cause, &refused) {
		return errors.Is(cause, errNoStream) || errors.Is(cause, errNoEndpoint)
	}
	switch refused.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return refused.status >= 400 && refused.status < 500
	}
}
