package mcpconn

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// mostConnecting is how many requests may be without a connection at once, and
// how many connections may be on their way.
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

// servedKey leads from a request's context to an *atomic.Bool: it has a
// connection. net/http hands the values of that context on to the dial.
type servedKey struct{}

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
	var served atomic.Bool
	defer served.Store(true) // or it has given up: no dial is for it any more
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { served.Store(false) }, // again, where the one it got is full
		GotConn: func(httptrace.GotConnInfo) { served.Store(true); pass() },
	}
	ctx = context.WithValue(httptrace.WithClientTrace(ctx, trace), servedKey{}, &served)
	return t.RoundTripper.RoundTrip(req.WithContext(ctx))
}

// CloseIdleConnections lets http.Client reach the transport below.
func (t *turnstile) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// dialFunc makes a connection.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// errServed is what a dial comes to that nobody waits for any more.
const errServed = reason("not dialled: the request has got another connection")

// dialTime bounds one dial with its handshake.
const dialTime = 20 * time.Second

// inTurn has few of the connections that dial makes be on their way at once. A
// dial goes on when its request was served by another connection meanwhile: one
// that has not begun by then is left.
func inTurn(dial dialFunc) dialFunc {
	turns := make(chan struct{}, mostConnecting)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		defer func() { <-turns }()
		if served, ok := ctx.Value(servedKey{}).(*atomic.Bool); ok && served.Load() {
			return nil, errServed
		}
		ctx, cancel := context.WithTimeout(ctx, dialTime) // net/http gives a dial no deadline
		defer cancel()
		return dial(ctx, network, address)
	}
}

// shaken is dial with the handshake of TLS, by the transport's configuration.
// net/http would shake hands after the dial, when its turn is over.
func shaken(dial dialFunc, t *http.Transport) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		config := t.TLSClientConfig.Clone()
		if config == nil {
			config = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		config.ServerName, config.NextProtos = host, []string{"h2", "http/1.1"}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, t.TLSHandshakeTimeout)
		defer cancel()
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secure, nil
	}
}
