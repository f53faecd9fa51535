package mcpconn

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// NewHTTPClient returns an HTTP client tuned for the Kite MCP server, to be
// shared by everything that talks to it. It connects by dial, or over the
// network when that is nil.
//
// It keeps many idle connections (the default keeps two, so that nearly every
// call would dial), speaks HTTP/2 so that some hundred streams share one
// connection, and pings such a connection after 15 s of silence to notice a
// dead path. Few connections are on their way at once (see limitDials). It has no
// overall Timeout, which would cut streams, does not limit connections per host,
// which would let streams starve the calls, and asks for no compression, which
// lets a proxy buffer a stream.
func NewHTTPClient(dial dialFunc) *http.Client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         limitDials(dial),
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 128,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     10 * time.Second,
			// An answer that waits for room takes no more than that; the default
			// is 4 MiB.
			MaxReceiveBufferPerStream: 128 << 10,
		},
	}
	t.DialTLSContext = limitDials(withTLS(dial, t))
	return &http.Client{Transport: t}
}

// guarded returns a client over the same transport as c whose requests and
// answers pass the guard.
func guarded(c *http.Client, home *url.URL, agent string) *http.Client {
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	if t, ok := next.(*http.Transport); ok { // another one need not tell when it has a connection
		next = newDialLimiter(t)
	}
	return &http.Client{Transport: &guard{next, home, agent}}
}

// mostConnecting is how many requests may be without a connection at once, and
// how many connections may be on their way.
const mostConnecting = 16

// dialLimiter lets few requests look for a connection at a time; those that have
// one are not counted. After an outage all people ask at once, and net/http dials
// for each request that finds no connection, only to discard most of them when the
// first can be shared.
type dialLimiter struct {
	http.RoundTripper
	places chan struct{}
}

func newDialLimiter(next http.RoundTripper) *dialLimiter {
	return &dialLimiter{next, make(chan struct{}, mostConnecting)}
}

// connectedKey leads from a request's context to an *atomic.Bool: it has a
// connection. net/http hands the values of that context on to the dial.
type connectedKey struct{}

// RoundTrip implements http.RoundTripper.
func (t *dialLimiter) RoundTrip(req *http.Request) (*http.Response, error) {
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
	ctx = context.WithValue(httptrace.WithClientTrace(ctx, trace), connectedKey{}, &served)
	return t.RoundTripper.RoundTrip(req.WithContext(ctx))
}

// dialFunc makes a connection.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// errDialNotNeeded is the error of a dial whose request got another connection.
const errDialNotNeeded = reason("not dialled: the request has got another connection")

// dialTime bounds one dial with its handshake.
const dialTime = 20 * time.Second

// limitDials has few of the connections that dial makes be on their way at once. A
// dial goes on when its request was served by another connection meanwhile: one
// that has not begun by then is left.
func limitDials(dial dialFunc) dialFunc {
	turns := make(chan struct{}, mostConnecting)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		defer func() { <-turns }()
		if served, ok := ctx.Value(connectedKey{}).(*atomic.Bool); ok && served.Load() {
			return nil, errDialNotNeeded
		}
		ctx, cancel := context.WithTimeout(ctx, dialTime) // net/http gives a dial no deadline
		defer cancel()
		return dial(ctx, network, address)
	}
}

// withTLS is dial with the handshake of TLS, by the transport's configuration.
// net/http would shake hands after the dial, when its turn is over.
func withTLS(dial dialFunc, t *http.Transport) dialFunc {
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

const (
	// maxRefusal is how much of a refusal's body is kept; refusalDrain is how
	// much more is read so that the connection can be used again.
	maxRefusal   = 4 << 10
	refusalDrain = 60 << 10
)

// guard is the HTTP layer under all that is sent. It keeps requests on the configured
// server and says who asks.
//
// It bends the RoundTripper contract in one point: an answer other than 2xx is
// returned as a *refusedError. mcp-go's OAuth would make prose of it; net/http would
// follow a redirect.
type guard struct {
	next  http.RoundTripper
	home  *url.URL
	agent string
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != g.home.Scheme || req.URL.Host != g.home.Host || req.URL.User != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errForeign
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change what it was given
	req.Header.Set("User-Agent", g.agent)
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, refusal(resp)
	}
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

// metadataParameter is what a challenge has to have. Some versions of the
// server's library leave out the quotes around its value, which is not looked at:
// the documents are read where they have to be, on the configured server.
var metadataParameter = regexp.MustCompile(`(?i)(^|[\s,])resource_metadata\s*=`)

// challenges reports whether a refusal says where to learn how to authorize.
func challenges(h http.Header) bool {
	for _, value := range h.Values("WWW-Authenticate") {
		if metadataParameter.MatchString(value) {
			return true
		}
	}
	return false
}
