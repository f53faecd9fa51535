package mcpconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
	"golang.org/x/sync/semaphore"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

const (
	// pasteRedirect is where a browser ends that no server waits for: its address holds
	// the code, and the person sends it to us. Servers take the person's own machine
	// for any client.
	pasteRedirect = "http://127.0.0.1:48127/kite"
	// endpointsLife is for how long the server's documents are believed.
	endpointsLife = 10 * time.Minute
	// usualLife is how long a bearer is good whose server does not say, longestLife
	// how long one is believed to be good at most.
	usualLife, longestLife = 24 * time.Hour, 48 * time.Hour
)

// oauth makes logins by OAuth.
type oauth struct {
	*server

	registering *semaphore.Weighted     // held by the caller that registers
	clients     map[string]registration // by redirect

	mu           sync.Mutex // of what follows
	places       endpoints  // where logins are made
	placesUntil  time.Time  // until when that is believed
	refusedSince time.Time  // the callback was found refused then
	refusedWhy   string
}

func newOAuth(s *server) *oauth {
	return &oauth{server: s, registering: semaphore.NewWeighted(1), clients: map[string]registration{}}
}

// CallbackRefused says since when the server is known to refuse Options.Callback,
// and how it says so. The zero Time: it is not.
func (o *oauth) CallbackRefused() (since time.Time, why string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refusedSince, o.refusedWhy
}

// Begin prepares a login by OAuth. It finds out where that is made, registers once
// per process, and returns the address that the person opens, which is on the
// configured server. ctx and OpenTimeout bound it.
//
// The error is a *wire.Error: of KindMalformed when the server's documents are no
// such thing or lead to another server, which it names; of KindFailed when the
// server takes no redirect of ours; else as that of Open.
func (o *oauth) Begin(ctx context.Context) (session.Attempt, kite.Link, error) {
	var a session.Attempt
	var link *url.URL
	err := o.step(authorizing, func() (err error) {
		bound, cancel := o.within(ctx, o.opts.OpenTimeout, o.base)
		defer cancel()
		a, link, err = o.prepare(bound)
		return oauthFailed(authorizing, err)
	})
	if err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	return a, kite.RestoreLink(link.String()), nil
}

// step makes a step of a login, as a piece of work of the server.
func (o *oauth) step(name string, do func() error) error {
	if !o.enter() {
		return classify(name, errClosed)
	}
	defer o.work.Done()
	began := time.Now()
	err := do()
	o.measure(name, began, err)
	if err != nil {
		o.log.Debug("a step of a login by OAuth failed", "step", name, "error", err)
	}
	return err
}

func (o *oauth) prepare(ctx context.Context) (a session.Attempt, link *url.URL, err error) {
	at, err := o.discover(ctx)
	if err != nil {
		return a, nil, err
	}
	client, redirect, err := o.chooseRedirect(ctx, at)
	if err != nil {
		return a, nil, err
	}
	return o.attempt(ctx, at, client, redirect)
}

// attempt makes an attempt, and the address that it is opened with.
func (o *oauth) attempt(ctx context.Context, at endpoints, client, redirect string) (a session.Attempt, link *url.URL, err error) {
	a = session.Attempt{ClientID: client, Redirect: redirect, Paste: redirect == pasteRedirect}
	if a.Verifier, err = transport.GenerateCodeVerifier(); err != nil {
		return a, nil, err
	}
	if a.State, err = transport.GenerateState(); err != nil {
		return a, nil, err
	}
	raw, err := o.handler(at, client, redirect, nil).GetAuthorizationURL(ctx, a.State, transport.GenerateCodeChallenge(a.Verifier))
	if err != nil {
		return a, nil, err
	}
	if link, err = url.Parse(raw); err != nil {
		return a, nil, errDocument
	}
	plain := *link
	plain.RawQuery = ""
	_, err = ourOwn(o.at.mcp, "authorization endpoint", plain.String())
	return a, link, err
}

// known returns where logins are made; false when that was not looked up yet.
func (o *oauth) known() (at endpoints, young, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.places, time.Now().Before(o.placesUntil), o.places != endpoints{}
}

// discover finds out where logins by OAuth are made. It reads the documents at the
// root of the configured server and nothing else, whatever a challenge says.
func (o *oauth) discover(ctx context.Context) (endpoints, error) {
	if at, young, ok := o.known(); ok && young {
		return at, nil
	}
	body, err := o.page(ctx, resourceDocument, "")
	if err != nil {
		return endpoints{}, err
	}
	if err := checkResource(o.at.mcp, body); err != nil {
		return endpoints{}, err
	}
	if body, err = o.page(ctx, serverDocument, ""); err != nil {
		return endpoints{}, err
	}
	at, err := checkServer(o.at.mcp, body)
	if err != nil {
		return endpoints{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.places, o.placesUntil = at, time.Now().Add(endpointsLife)
	return at, nil
}

// handler makes a handler of mcp-go, which knows the protocol. It is given the
// document that was checked in place of the server's, so that it cannot be led
// elsewhere.
func (o *oauth) handler(at endpoints, client, redirect string, tokens transport.TokenStore) *transport.OAuthHandler {
	home := o.at.mcp
	document := url.URL{Scheme: home.Scheme, Host: home.Host, Path: serverDocument}
	return transport.NewOAuthHandler(transport.OAuthConfig{
		ClientID: client, RedirectURI: redirect, PKCEEnabled: true, TokenStore: tokens,
		AuthServerMetadataURL: document.String(),
		HTTPClient:            &http.Client{Transport: &checked{at: at, next: o.client.Transport}},
	})
}

// checked answers for the document that was read before, and lets other requests
// pass, which have short answers.
type checked struct {
	at   endpoints
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *checked) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	var err error
	resp := &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	if req.Method == http.MethodGet {
		body, err = json.Marshal(c.at)
	} else if resp, err = c.next.RoundTrip(req); err == nil {
		defer resp.Body.Close()
		body, err = readDocument(resp.Body)
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// Redeem exchanges the code of an attempt, which it sends once. ctx and CallTimeout
// bound it.
//
// The error is a *wire.Error: of KindLimited when the same code may be sent again
// later, because the server has too much to do or was not asked yet; of KindFailed
// when it refused the code; of KindMalformed when it answered with no bearer; else
// of KindUnreachable, KindBlocked or KindNotServed, and what became of the code is
// not known.
func (o *oauth) Redeem(ctx context.Context, a session.Attempt) (h session.Credential, err error) {
	err = o.step(redeeming, func() error {
		h, err = o.redeem(ctx, a)
		return err
	})
	return h, err
}

func (o *oauth) redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	for _, part := range []string{a.State, a.Verifier, a.ClientID, a.Redirect, a.Code} {
		if part == "" {
			return session.Credential{}, &wire.Error{Kind: wire.KindFailed, Tool: redeeming, Err: errors.New("the attempt is not complete")}
		}
	}
	bound, cancel := o.within(ctx, o.opts.CallTimeout, o.base)
	defer cancel()
	at, _, ok := o.known() // an old one is better than a code that waits
	if !ok {
		var err error
		if at, err = o.discover(bound); err != nil {
			return session.Credential{}, unsent(oauthFailed(redeeming, err))
		}
	}
	tokens := transport.NewMemoryTokenStore()
	h := o.handler(at, a.ClientID, a.Redirect, tokens)
	h.SetExpectedState(a.State) // whose it is was found out before
	now := o.opts.Now()         // with its monotonic reading: a clock may be set
	if err := h.ProcessAuthorizationResponse(bound, a.Code, a.State, a.Verifier); err != nil {
		return session.Credential{}, tokenFailed(because(ctx, bound, o.base, err))
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

// oauthFailed makes a *wire.Error of what became of a step of a login by OAuth. Its
// text holds nothing of the server's but a status, or the name of a host.
func oauthFailed(step string, cause error) error {
	var known *wire.Error
	var document documentError
	switch {
	case cause == nil:
		return nil
	case errors.As(cause, &known):
		return known
	case errors.As(cause, &document):
		return &wire.Error{Kind: wire.KindMalformed, Tool: step, Err: document}
	case answer(cause) != nil:
		return &wire.Error{Kind: wire.KindOf(unopened(cause)), Tool: step, Cause: causeOf(cause), Err: errors.New(cause.Error())}
	default:
		return classify(step, cause)
	}
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
