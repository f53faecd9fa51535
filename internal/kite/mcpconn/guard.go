package mcpconn

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite/session"
)

const (
	// maxHandshake bounds an answer that says nothing of an account: a handshake,
	// or a list of tools. Real lists have 20 KB.
	maxHandshake = 256 << 10
	// maxRefusal is how much of a refusal's body is kept; refusalDrain is how
	// much more is read so that the connection can be used again.
	maxRefusal = 4 << 10
	// maxDocument bounds a document about the server.
	maxDocument  = 64 << 10
	refusalDrain = 60 << 10
)

// guard is the HTTP layer under mcp-go. It keeps requests on the configured
// server, lets only End send DELETE, lets GET open a stream or read a
// document and nothing else, bounds what is read, and watches streams.
//
// It bends the RoundTripper contract in one point: an answer other than 2xx is
// returned as a *refusedError. mcp-go would make prose of it, decode it as a
// result, or stop working after a 404; net/http would follow a redirect.
type guard struct {
	next   http.RoundTripper
	dialer *Dialer
}

// Keys of request contexts.
type (
	endingKey struct{} // the session that this DELETE ends, End's
	streamKey struct{} // the *baseConn whose stream this GET opens
	pageKey   struct{} // the path that this GET reads, a document's
)

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.admit(req); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	if req.Header.Get("User-Agent") == "" {
		req = req.Clone(req.Context()) // a RoundTripper must not change what it was given
		req.Header.Set("User-Agent", g.dialer.opts.userAgent())
	}
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, refusal(resp)
	}
	return g.bound(req, resp)
}

// CloseIdleConnections lets http.Client reach the transport below.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// admit refuses requests that must not leave.
func (g *guard) admit(req *http.Request) error {
	home := g.dialer.at.mcp
	if req.URL.Scheme != home.Scheme || req.URL.Host != home.Host || req.URL.User != nil {
		return errForeign
	}
	if req.Method == http.MethodDelete && !ends(req) {
		return errDelete
	}
	if req.Method == http.MethodGet && req.Context().Value(streamKey{}) == nil && !reads(req) {
		return errListen
	}
	return nil
}

// ends reports whether a DELETE is the one that End sends.
func ends(req *http.Request) bool {
	id, ok := req.Context().Value(endingKey{}).(session.ID)
	return ok && !id.IsZero() && req.Header.Get(transport.HeaderKeySessionID) == id.Reveal()
}

// bound puts a bound on the body of a good answer.
func (g *guard) bound(req *http.Request, resp *http.Response) (*http.Response, error) {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	events := media == "text/event-stream"
	owner, stream := req.Context().Value(streamKey{}).(*baseConn)
	d := toolResultOf(req.Context())
	switch {
	case stream && !events:
		_ = resp.Body.Close()
		return nil, errNoStream
	case stream:
		resp.Body = owner.watch(resp.Body)
	case reads(req), req.Context().Value(smallKey{}) != nil:
		return readWhole(resp, maxDocument)
	case req.Method != http.MethodPost:
		// The status says it all; the body is not read.
	case d != nil:
		return g.readToolResult(d, req, resp, events)
	case events:
		return readEvents(resp)
	default:
		return readWhole(resp, maxHandshake)
	}
	return resp, nil
}

// readEvents makes a plain answer of one that comes as events. When there is
// none among them, the answer is empty.
func readEvents(resp *http.Response) (*http.Response, error) {
	defer resp.Body.Close()
	limited := &io.LimitedReader{R: resp.Body, N: maxHandshake + 1}
	body, err := firstAnswer(limited)
	if limited.N <= 0 {
		return nil, errTooBig
	}
	if err != nil {
		return nil, err
	}
	resp.Header.Set("Content-Type", "application/json")
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// readWhole reads a bounded answer to its end before mcp-go gets it. mcp-go
// stops reading after the JSON value and cancels the request, which would
// close the connection under it instead of keeping it for the next call.
func readWhole(resp *http.Response, most int64) (*http.Response, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, unread(err)
	}
	if int64(len(body)) > most {
		return nil, errTooBig
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// refusal makes an error of an answer other than 2xx.
func refusal(resp *http.Response) error {
	defer resp.Body.Close()
	// A body that breaks off is still worth its beginning: the status counts.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	_, _ = io.CopyN(io.Discard, resp.Body, refusalDrain)
	return &refusedError{status: resp.StatusCode, body: string(body), challenge: challenges(resp.Header)}
}
