package mcpconn

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

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

// pasteRedirect is where a browser ends that no server waits for: its address holds
// the code, and the person sends it to us. Servers take the person's own machine
// for any client.
const pasteRedirect = "http://127.0.0.1:48127/kite"

// registrations remembers as what we are known for each redirect. The server
// forgets it, and does not mind: any name does that is the same from one step of
// a login to the next.
type registrations struct {
	once sync.Once
	turn chan struct{} // held by the caller that registers
	all  map[string]registration

	mu    sync.Mutex
	since time.Time // the callback was found refused then
	why   string
}

// registration is as what we are known for one redirect.
type registration struct {
	client  string
	sure    bool // the server takes the redirect
	refused bool // it does not
}

// CallbackRefused says since when the server is known to refuse Options.Callback,
// and how it says so. The zero Time: it is not.
func (d *Dialer) CallbackRefused() (since time.Time, why string) {
	d.registrations.mu.Lock()
	defer d.registrations.mu.Unlock()
	return d.registrations.since, d.registrations.why
}

// chooseRedirect says where the browser is to end, and as what we are known there:
// at the callback if there is one and the server takes it, else nowhere.
func (d *Dialer) chooseRedirect(ctx context.Context, at endpoints) (client, redirect string, err error) {
	m := &d.registrations
	m.once.Do(func() { m.turn, m.all = make(chan struct{}, 1), map[string]registration{} })
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
	if callback := d.opts.Callback; callback != "" {
		r, err := d.callback(ctx, at)
		if err != nil || r.sure {
			return r.client, callback, err
		}
	}
	r, _, err := d.register(ctx, at, pasteRedirect)
	if err == nil && r.refused {
		err = &wire.Error{Kind: wire.KindFailed, Tool: authorizing, Err: errors.New("the server takes no redirect of ours")}
	}
	return r.client, pasteRedirect, err
}

// callback finds out whether the server takes the callback. Where the registration
// does not tell, the page that begins a login does.
func (d *Dialer) callback(ctx context.Context, at endpoints) (registration, error) {
	r, why, err := d.register(ctx, at, d.opts.Callback)
	if err != nil || r.sure || r.refused && why == "" {
		return r, err
	}
	if !r.refused {
		if r, why, err = d.tryPage(ctx, at, r); err != nil {
			return r, err
		}
		d.registrations.all[d.opts.Callback] = r
	}
	if r.refused {
		d.registrations.refuse(why)
		d.log.Warn("kite's server refuses the callback: people are asked to paste the address of their browser instead", "callback", d.opts.Callback, "why", why)
	}
	return r, nil
}

func (m *registrations) refuse(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since, m.why = time.Now(), why
}

// register registers us for a redirect, once per process. Registration is worth
// nothing but to learn whether the redirect is taken: when it fails otherwise, a
// name of our own does. why says how the redirect was refused just now.
func (d *Dialer) register(ctx context.Context, at endpoints, redirect string) (r registration, why string, err error) {
	if r, ok := d.registrations.all[redirect]; ok {
		return r, "", nil
	}
	bound, cancel := context.WithTimeout(ctx, d.opts.OpenTimeout/2)
	defer cancel()
	h := d.oauth(at, "", redirect, nil)
	if at.Register != "" {
		err = h.RegisterClient(bound, clientName)
	}
	if ctx.Err() != nil {
		return registration{}, "", ctx.Err()
	}
	r.client = h.GetClientID()
	r.sure = at.Register != "" && err == nil
	if !visible(r.client, maxClient) {
		r.client = ownName()
	}
	if refusesRedirect(err) {
		r.refused, why = true, "the registration was refused: "+codeRedirect
	}
	d.registrations.all[redirect] = r
	return r, why, nil
}

// maxClient is the longest client id believed, in bytes.
const maxClient = 256

// ownName returns a client id such as the server gives out.
func ownName() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // crypto/rand.Read never fails
	return hex.EncodeToString(b)
}

// codeRedirect is how a registration is refused for its redirect.
const codeRedirect = "invalid_redirect_uri"

func refusesRedirect(err error) bool {
	var refused *refusedError
	var body struct{ Error string }
	return errors.As(err, &refused) && refused.status == http.StatusBadRequest &&
		json.Unmarshal([]byte(refused.body), &body) == nil && body.Error == codeRedirect
}

// tryPage asks for the page that begins a login, as a person's browser does, with
// an attempt that is not made. A look at it changes nothing.
func (d *Dialer) tryPage(ctx context.Context, at endpoints, r registration) (_ registration, why string, err error) {
	a := session.Attempt{ClientID: r.client, Redirect: d.opts.Callback}
	if a.State, err = transport.GenerateState(); err != nil {
		return r, "", err
	}
	if a.Verifier, err = transport.GenerateCodeVerifier(); err != nil {
		return r, "", err
	}
	var page *url.URL
	if page, err = d.authorizationURL(ctx, at, a); err != nil {
		return r, "", err
	}
	bound, cancel := context.WithTimeout(ctx, d.opts.OpenTimeout/4)
	defer cancel()
	_, err = d.page(bound, page.Path, page.RawQuery)
	if ctx.Err() != nil {
		return r, "", ctx.Err()
	}
	var refused *refusedError
	switch {
	case err == nil, errors.Is(err, errTooBig), errors.As(err, &refused) && refused.status < http.StatusBadRequest:
		r.sure = true
	case refused != nil && refused.status == http.StatusBadRequest:
		r.refused, why = true, "the page that begins a login was refused: "+refused.Error()
	}
	return r, why, nil
}

const (
	// usualLife is how long a bearer is good whose server does not say.
	usualLife = 24 * time.Hour
	// longestLife is how long a bearer is believed to be good at most.
	longestLife = 48 * time.Hour
)

// Redeem exchanges the code of an attempt, which it sends once. ctx and CallTimeout
// bound it.
//
// The error is a *wire.Error: of KindLimited when the same code may be sent again
// later, because the server has too much to do or was not asked yet; of KindFailed
// when it refused the code; of KindMalformed when it answered with no bearer; else
// of KindUnreachable, KindBlocked or KindNotServed, and what became of the code is
// not known.
func (d *Dialer) Redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	if !d.enter() {
		return session.Credential{}, classify(redeeming, errClosed)
	}
	defer d.work.Done()
	began := time.Now()
	h, err := d.redeem(ctx, a)
	d.measure(redeeming, began, err)
	if err != nil {
		d.log.Debug("exchanging a code failed", "error", err)
		return session.Credential{}, err
	}
	return h, nil
}

func (d *Dialer) redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	for _, part := range []string{a.State, a.Verifier, a.ClientID, a.Redirect, a.Code} {
		if part == "" {
			return session.Credential{}, &wire.Error{Kind: wire.KindFailed, Tool: redeeming, Err: errors.New("the attempt is not complete")}
		}
	}
	bound, cancel := d.within(ctx, d.opts.CallTimeout, d.base)
	defer cancel()
	at, _, ok := d.authority.known() // an old one is better than a code that waits
	if !ok {
		var err error
		if at, err = d.discover(bound); err != nil {
			return session.Credential{}, unsent(oauthFailed(redeeming, err))
		}
	}
	tokens := transport.NewMemoryTokenStore()
	h := d.oauth(at, a.ClientID, a.Redirect, tokens)
	h.SetExpectedState(a.State) // whose it is was found out before
	now := d.opts.Now()         // with its monotonic reading: a clock may be set
	if err := h.ProcessAuthorizationResponse(bound, a.Code, a.State, a.Verifier); err != nil {
		return session.Credential{}, tokenFailed(because(ctx, bound, d.base, err))
	}
	token, err := tokens.GetToken(context.WithoutCancel(ctx)) // it is in memory
	if err != nil || !strings.EqualFold(token.TokenType, "bearer") || !visible(token.AccessToken, maxBearer) {
		return session.Credential{}, &wire.Error{Kind: wire.KindMalformed, Tool: redeeming, Err: errors.New("the answer holds no bearer")}
	}
	return session.Credential{Session: session.NewBearer(token.AccessToken), Since: now, Ends: now.Add(lifeOf(token.ExpiresIn))}, nil
}

// lifeOf is how long a bearer is good, within reason.
func lifeOf(seconds int64) time.Duration {
	if seconds <= 0 {
		return usualLife
	}
	return time.Duration(min(seconds, int64(longestLife/time.Second))) * time.Second
}

// unsent is the error of an exchange that did not get as far as to send the code.
func unsent(err error) error {
	if wire.Unanswered(err) {
		return &wire.Error{Kind: wire.KindLimited, Tool: redeeming, Err: errors.New("where to send it is not known: " + err.Error())}
	}
	return err
}

// tokenFailed says what became of a code.
func tokenFailed(cause error) error {
	var refused *refusedError
	if !errors.As(cause, &refused) {
		return oauthFailed(redeeming, cause)
	}
	kind := wire.KindOf(unopened(refused))
	switch refused.status {
	case http.StatusTooManyRequests:
		kind = wire.KindLimited
	case http.StatusBadRequest, http.StatusUnauthorized:
		kind = wire.KindFailed
	}
	return &wire.Error{Kind: kind, Tool: redeeming, Cause: causeOf(refused), Err: errors.New(refused.Error())}
}
