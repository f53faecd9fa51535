package mcpconn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

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
