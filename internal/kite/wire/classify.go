package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Outcome is what one call to the Kite MCP server came to, as the connection
// saw it. The connection fills in what it has; [Classify] says what it means.
// Of several things seen, the one nearest to the server's own word counts:
// Status before NoTool, RPC, Err and at last the tool's text.
type Outcome struct {
	// Text is the text content of the tool's result; "" when there is none.
	Text string
	// IsError is the result's isError flag.
	IsError bool
	// Status is an HTTP status other than 2xx that the call was answered with;
	// 0 when there was none.
	Status int
	// Body is the beginning of that HTTP answer's body, as far as it is known.
	// A few hundred bytes are enough.
	Body string
	// NoTool says that the call was answered with JSON-RPC "invalid params"
	// (-32602) inside a good HTTP answer: the server has no such tool.
	NoTool bool
	// RPC is the message of any other JSON-RPC error; "" for none.
	RPC string
	// Err is a failure to get any answer: dial, reset, timeout, lost stream,
	// undecodable bytes. Its text may hold the session id, so it is never shown;
	// [errors.Is] still finds it.
	Err error
}

// The server's prose, each text in exactly one place. What is not listed here
// is an unknown failure, which means nothing for the login.
const (
	textNoLogin        = "please log in first"
	textNoSession      = "failed to establish a session"
	textNoKiteSession  = "failed to get or create kite session"
	textTerminated     = "session terminated"
	textNotFound       = "session not found"
	textInvalidSession = "invalid session id"
	textEndFailed      = "session termination failed:"
	textIDNotFound     = "session id not found"
	textIDMalformed    = "invalid session id format"
	textToolNotFound   = "tool not found"
	textUnknownTool    = "unknown tool"
	textInvalidMode    = "invalid mode. must be one of:"
)

// endings are the texts by which tools of a server with modes say that a login
// is over, and why. The last is Kite's own word, which only get_alerts passes on.
var endings = []struct {
	begins string
	why    Ending
}{
	{"not logged into kite. please authenticate", EndLost},
	{"kite session has expired. please re-authenticate", EndExpired},
	{"failed to get session: session id not found", EndLost},
	{"failed to get alerts: incorrect `api_key` or `access_token`", EndCutOff},
}

// ending says why a login is over.
func (o Outcome) ending() Ending {
	if why, said := endingOf(normalized(o.Text)); said {
		return why
	}
	return EndUnknown
}

func endingOf(folded string) (Ending, bool) {
	for _, e := range endings {
		if strings.HasPrefix(folded, e.begins) {
			return e.why, true
		}
	}
	return EndLost, folded == textInvalidSession
}

// failedTool is how every tool says that it failed, whatever the reason.
var failedTool = regexp.MustCompile(`^failed to (execute [a-z_]{1,40}|get ([a-z]{1,20} ?){1,6}(: .*)?)$`)

// badArgument is how tools refuse what they were asked.
var badArgument = regexp.MustCompile(`^(parameter '[a-z_]{1,30}': [a-z ]{1,60}` +
	`|Failed to parse (from|to)_date, use format YYYY-MM-DD HH:MM:SS` +
	`|At least one instrument must be specified` +
	`|Instrument not found` +
	`|Invalid query format, specify exch:underlying, where exchange is BFO/NFO)$`)

// Classify says what an outcome means for the person's login: nil for a good
// result, else an *[Error]. It is the one function that knows the server's
// prose. It errs towards doubt: a text it does not know is [KindFailed], never
// the end of a login. The error holds none of the server's bytes.
func Classify(tool string, o Outcome) error {
	kind, seen := o.meaning()
	switch kind {
	case kindGood:
		return nil
	case KindEnded:
		return &Error{Kind: kind, Why: o.ending(), Tool: tool, Err: seen}
	default:
		return &Error{Kind: kind, Tool: tool, Err: seen}
	}
}

// kindGood is the meaning of a result that is no failure.
const kindGood Kind = -1

func (o Outcome) meaning() (Kind, error) {
	switch {
	case o.Status != 0:
		return statusKind(o.Status, normalized(o.Body)), fmt.Errorf("http status %d", o.Status)
	case o.NoTool:
		return KindNoTool, nil
	case o.RPC != "":
		return rpcKind(normalized(o.RPC)), errors.New("json-rpc error")
	case o.Err != nil:
		return KindUnreachable, hiddenError{o.Err}
	case o.IsError:
		return errorTextKind(strings.TrimSpace(o.Text))
	default:
		return resultKind(strings.TrimSpace(o.Text))
	}
}

// statusKind reads an HTTP answer other than 2xx. Only the MCP server's own
// words end a login: a page that a gateway puts in its place does not.
func statusKind(status int, body string) Kind {
	switch {
	case status < 400:
		return KindUnreachable // a redirect, which is never followed: the words of a gateway
	case knowsNoSession(status, body):
		return KindEnded
	case status == http.StatusUnauthorized:
		return KindAuthorize
	case status == http.StatusNotFound && (body == "" || isPage(body)):
		return KindUnreachable // of something on the way: neither the server nor its router said a word
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, // of a router or a gateway
		status == http.StatusGone,
		status == http.StatusMisdirectedRequest, status == http.StatusUpgradeRequired:
		return KindNotServed
	case status == http.StatusForbidden:
		return KindBlocked // without a word on why: a gateway that takes us for a robot
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout,
		isPage(body):
		return KindUnreachable
	default:
		return KindFailed
	}
}

// knowsNoSession reports whether the MCP server says in its own words that it
// does not have the session. A status alone does not say so: a router or a
// gateway gives the same one for a wrong path, or during a deploy.
func knowsNoSession(status int, body string) bool {
	switch {
	case isPage(body):
		return false
	case status == http.StatusNotFound:
		return strings.Contains(body, textTerminated) || strings.Contains(body, textNotFound)
	case status == http.StatusBadRequest:
		return strings.Contains(body, textInvalidSession)
	default: // the answer to a DELETE
		return strings.HasPrefix(body, textEndFailed) && (strings.Contains(body, textIDNotFound) || strings.Contains(body, textIDMalformed))
	}
}

func isPage(body string) bool { return strings.HasPrefix(body, "<") }

func rpcKind(message string) Kind {
	switch {
	case strings.Contains(message, textToolNotFound), strings.HasPrefix(message, textUnknownTool):
		return KindNoTool
	case strings.Contains(message, textInvalidSession):
		return KindEnded
	default:
		return KindFailed
	}
}

// errorTextKind reads a result whose isError is set.
func errorTextKind(text string) (Kind, error) {
	if _, over := endingOf(normalized(text)); over {
		return KindEnded, errors.New("the tool says so")
	}
	if kind, ok := knownText(text); ok {
		if kind == KindBadArgument {
			return kind, errors.New("the tool says so")
		}
		return kind, nil
	}
	return KindFailed, fmt.Errorf("unfamiliar error text of %d bytes", len(text))
}

// resultKind reads a result whose isError is not set. Such a result is good,
// but a server that forgets the flag on one of its own error texts is still
// understood.
func resultKind(text string) (Kind, error) {
	if kind, ok := knownText(text); ok {
		return kind, errors.New("error text without the error flag")
	}
	return kindGood, nil
}

// knownText reads the error texts that tools are known to answer with.
func knownText(text string) (Kind, bool) {
	if len(text) > 300 {
		return KindUnknown, false
	}
	folded := normalized(text)
	switch {
	case strings.HasPrefix(folded, textNoLogin):
		return KindNoLogin, true
	case strings.HasPrefix(folded, textInvalidMode):
		return KindNoTool, true
	case strings.HasPrefix(folded, textNoSession), strings.HasPrefix(folded, textNoKiteSession):
		return KindDoubt, true
	case failedTool.MatchString(folded):
		return KindFailed, true
	case badArgument.MatchString(text):
		return KindBadArgument, true
	default:
		return KindUnknown, false
	}
}

// normalized makes prose comparable: lower case, no space around it.
func normalized(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// hiddenError carries a transport failure whose text may hold the session id (an
// address in it does). It can be asked what it is, but not printed, and it has
// no Unwrap so that no caller prints it by accident.
type hiddenError struct{ err error }

func (u hiddenError) Error() string {
	switch {
	case errors.Is(u.err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(u.err, context.Canceled):
		return "call cancelled"
	default:
		return "no answer"
	}
}

// GoString keeps %#v from walking into the hidden error.
func (u hiddenError) GoString() string { return u.Error() }

// Is lets [errors.Is] find the failure and what it wraps.
func (u hiddenError) Is(target error) bool { return errors.Is(u.err, target) }
