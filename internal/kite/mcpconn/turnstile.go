package mcpconn

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// mostConnecting is how many requests may be without a connection at once.
const mostConnecting = 16

// turnstile lets few requests look for a connection at a time; those that have
// one are not counted. After a break of the network everybody asks at once, and
// net/http dials for each who finds no connection, only to throw most of them
// away when the first can be shared.
type turnstile struct {
	http.RoundTripper
	places chan struct{}
}

func newTurnstile(next http.RoundTripper) *turnstile {
	return &turnstile{next, make(chan struct{}, mostConnecting)}
}

// RoundTrip implements http.RoundTripper.
func (t *turnstile) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	select {
	case t.places <- struct{}{}:
	case <-ctx.Done():
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, context.Cause(ctx)
	}
	pass := sync.OnceFunc(func() { <-t.places })
	defer pass()
	connected := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { pass() }}
	return t.RoundTripper.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, connected)))
}

// CloseIdleConnections lets http.Client reach the transport below.
func (t *turnstile) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
