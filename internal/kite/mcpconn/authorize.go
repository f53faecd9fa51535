package mcpconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

var _ session.Authorizer = (*Dialer)(nil)

// Begin prepares a login by OAuth. It finds out where that is made, registers once
// per process, and returns the address that the person opens, which is on the
// configured server. ctx and OpenTimeout bound it.
//
// The error is a *wire.Error: of KindMalformed when the server's documents are no
// such thing or lead to another server, which it names; of KindFailed when the
// server takes no redirect of ours; else as that of Open.
func (d *Dialer) Begin(ctx context.Context) (session.Attempt, kite.Link, error) {
	if !d.enter() {
		return session.Attempt{}, kite.Link{}, classify(authorizing, errClosed)
	}
	defer d.work.Done()
	began := time.Now()
	bound, cancel := d.within(ctx, d.opts.OpenTimeout, d.base)
	defer cancel()
	a, link, cause := d.prepare(bound)
	err := oauthFailed(authorizing, cause)
	d.measure(authorizing, began, err)
	if err != nil {
		d.log.Debug("preparing a login by OAuth failed", "error", err)
		return session.Attempt{}, kite.Link{}, err
	}
	return a, link, nil
}

func (d *Dialer) prepare(ctx context.Context) (session.Attempt, kite.Link, error) {
	at, err := d.discover(ctx)
	if err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	var a session.Attempt
	if a.ClientID, a.Redirect, err = d.chooseRedirect(ctx, at); err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	a.Paste = a.Redirect == pasteRedirect
	if a.Verifier, err = transport.GenerateCodeVerifier(); err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	if a.State, err = transport.GenerateState(); err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	link, err := d.authorizationURL(ctx, at, a)
	if err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	return a, kite.RestoreLink(link.String()), nil
}

// authorizationURL is the address that an attempt is opened with.
func (d *Dialer) authorizationURL(ctx context.Context, at endpoints, a session.Attempt) (*url.URL, error) {
	h := d.oauth(at, a.ClientID, a.Redirect, nil)
	raw, err := h.GetAuthorizationURL(ctx, a.State, transport.GenerateCodeChallenge(a.Verifier))
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errDocument
	}
	plain := *u
	plain.RawQuery = ""
	if _, err := ourOwn(d.at.mcp, "authorization endpoint", plain.String()); err != nil {
		return nil, err
	}
	return u, nil
}

// endpointsLife is for how long the server's documents are believed.
const endpointsLife = 10 * time.Minute

// authority remembers where logins by OAuth are made.
type authority struct {
	mu    sync.Mutex
	at    endpoints
	until time.Time
}

// known returns where logins are made; false when that was not looked up yet.
func (m *authority) known() (at endpoints, young, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at, time.Now().Before(m.until), m.at != endpoints{}
}

// discover finds out where logins by OAuth are made. It reads the documents at the
// root of the configured server and nothing else, whatever a challenge says.
func (d *Dialer) discover(ctx context.Context) (endpoints, error) {
	if at, young, ok := d.authority.known(); ok && young {
		return at, nil
	}
	body, err := d.page(ctx, resourceDocument, "")
	if err != nil {
		return endpoints{}, err
	}
	if err := checkResource(d.at.mcp, body); err != nil {
		return endpoints{}, err
	}
	if body, err = d.page(ctx, serverDocument, ""); err != nil {
		return endpoints{}, err
	}
	at, err := checkServer(d.at.mcp, body)
	if err != nil {
		return endpoints{}, err
	}
	d.authority.mu.Lock()
	defer d.authority.mu.Unlock()
	d.authority.at, d.authority.until = at, time.Now().Add(endpointsLife)
	return at, nil
}

// oauth makes a handler of mcp-go, which knows the protocol. It is given the
// document that was checked in place of the server's, so that it cannot be led
// elsewhere.
func (d *Dialer) oauth(at endpoints, client, redirect string, tokens transport.TokenStore) *transport.OAuthHandler {
	document := url.URL{Scheme: d.at.mcp.Scheme, Host: d.at.mcp.Host, Path: serverDocument}
	return transport.NewOAuthHandler(transport.OAuthConfig{
		ClientID: client, RedirectURI: redirect, PKCEEnabled: true, TokenStore: tokens,
		AuthServerMetadataURL: document.String(),
		HTTPClient:            &http.Client{Transport: &checked{at: at, next: d.client.Transport}, CheckRedirect: refuseRedirect},
	})
}

// checked answers for the document that was read before, and lets other requests
// pass, which have small answers.
type checked struct {
	at   endpoints
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *checked) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		return c.forward(req)
	}
	body, err := json.Marshal(c.at)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// forward sends a request and reads its answer, which is short.
func (c *checked) forward(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := readDocument(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// oauthFailed makes a *wire.Error of what became of a step of a login by OAuth. Its
// text holds nothing of the server's but a status, or the name of a host.
func oauthFailed(step string, cause error) error {
	if cause == nil {
		return nil
	}
	var known *wire.Error
	var document documentError
	switch {
	case errors.As(cause, &known):
		return known
	case errors.As(cause, &document):
		return &wire.Error{Kind: wire.KindMalformed, Tool: step, Err: document}
	}
	if answer(cause) != nil {
		return &wire.Error{Kind: wire.KindOf(unopened(cause)), Tool: step, Cause: causeOf(cause), Err: errors.New(cause.Error())}
	}
	return classify(step, cause)
}
