package mcpconn

import (
	"net"
	"net/http"
	"time"
)

// NewHTTPClient returns an HTTP client tuned for the Kite MCP server, to be
// shared by everything that talks to it. It connects by dial, or over the
// network when that is nil.
//
// It keeps many idle connections (the default keeps two, so that nearly every
// call would dial), speaks HTTP/2 so that some hundred streams share one
// connection, and pings such a connection after 15 s of silence to notice a
// dead path. Few connections are on their way at once (see inTurn). It has no
// overall Timeout, which would cut streams, does not limit connections per host,
// which would let streams starve the calls, and asks for no compression, which
// lets a proxy buffer a stream.
func NewHTTPClient(dial dialFunc) *http.Client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         inTurn(dial),
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
	t.DialTLSContext = inTurn(shaken(dial, t))
	return &http.Client{Transport: t}
}

// guarded returns a client over the same transport as c whose requests and
// answers pass the guard.
func (d *Dialer) guarded(c *http.Client) *http.Client {
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	if t, ok := next.(*http.Transport); ok { // another one need not tell when it has a connection
		next = newTurnstile(t)
	}
	return &http.Client{
		Transport:     &guard{next: next, dialer: d},
		CheckRedirect: refuseRedirect,
	}
}

// refuseRedirect follows no redirect: net/http copies our session header to
// wherever it is sent. The guard makes a refusal of each before it gets here.
func refuseRedirect(*http.Request, []*http.Request) error { return errRedirect }
