package mcpconn

import (
	"io"
	"net/http"
)

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
	next   http.RoundTripper
	dialer *Dialer
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	home := g.dialer.at.mcp
	if req.URL.Scheme != home.Scheme || req.URL.Host != home.Host || req.URL.User != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errForeign
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change what it was given
	req.Header.Set("User-Agent", g.dialer.opts.userAgent())
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, refusal(resp)
	}
	return resp, nil
}

// CloseIdleConnections lets http.Client reach the transport below.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// refusal makes an error of an answer other than 2xx.
func refusal(resp *http.Response) error {
	defer resp.Body.Close()
	// A body that breaks off is still worth its beginning: the status counts.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	_, _ = io.CopyN(io.Discard, resp.Body, refusalDrain)
	return &refusedError{status: resp.StatusCode, body: string(body), challenge: challenges(resp.Header)}
}
