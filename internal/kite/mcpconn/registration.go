package mcpconn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"kitebot/internal/kite/wire"
)

const (
	// maxClient is the longest client id believed, in bytes.
	maxClient = 256
	// codeRedirect is how a registration is refused for its redirect.
	codeRedirect = "invalid_redirect_uri"
)

// registration is as what we are known for one redirect. The server forgets it, and
// does not mind: any name does that is the same from one step of a login to the next.
type registration struct {
	client  string
	sure    bool // the server takes the redirect
	refused bool // it does not
}

// chooseRedirect says where the browser is to end, and as what we are known there:
// at the callback if there is one and the server takes it, else nowhere.
func (o *oauth) chooseRedirect(ctx context.Context, at endpoints) (client, redirect string, err error) {
	if err := o.registering.Acquire(ctx, 1); err != nil {
		return "", "", err
	}
	defer o.registering.Release(1)
	if callback := o.opts.Callback; callback != "" {
		r, err := o.callback(ctx, at)
		if err != nil || r.sure {
			return r.client, callback, err
		}
	}
	r, _, err := o.register(ctx, at, pasteRedirect)
	if err == nil && r.refused {
		err = &wire.Error{Kind: wire.KindFailed, Tool: authorizing, Err: errors.New("the server takes no redirect of ours")}
	}
	return r.client, pasteRedirect, err
}

// callback finds out whether the server takes the callback. Where the registration
// does not tell, the page that begins a login does.
func (o *oauth) callback(ctx context.Context, at endpoints) (registration, error) {
	r, why, err := o.register(ctx, at, o.opts.Callback)
	if err == nil && !r.sure && !r.refused {
		r, why, err = o.tryPage(ctx, at, r)
	}
	if err != nil {
		return r, err
	}
	o.clients[o.opts.Callback] = r
	if r.refused && why != "" {
		o.mu.Lock()
		o.refusedSince, o.refusedWhy = time.Now(), why
		o.mu.Unlock()
		o.log.Warn("kite's server refuses the callback",
			"effect", "people are asked to paste the address of their browser", "callback", o.opts.Callback, "why", why)
	}
	return r, nil
}

// register registers us for a redirect, once per process. Registration is worth
// nothing but to learn whether the redirect is taken: when it fails otherwise, a
// name of our own does. why says how the redirect was refused just now.
func (o *oauth) register(ctx context.Context, at endpoints, redirect string) (r registration, why string, err error) {
	if r, ok := o.clients[redirect]; ok {
		return r, "", nil
	}
	bound, cancel := context.WithTimeout(ctx, o.opts.OpenTimeout/2)
	defer cancel()
	h := o.handler(at, "", redirect, nil)
	if at.Register != "" {
		err = h.RegisterClient(bound, clientName)
	}
	if ctx.Err() != nil {
		return registration{}, "", ctx.Err()
	}
	r.client = h.GetClientID()
	r.sure = at.Register != "" && err == nil
	if !visible(r.client, maxClient) {
		name := make([]byte, 16)
		_, _ = rand.Read(name) // crypto/rand.Read never fails
		r.client = hex.EncodeToString(name)
	}
	if refusesRedirect(err) {
		r.refused, why = true, "the registration was refused: "+codeRedirect
	}
	o.clients[redirect] = r
	return r, why, nil
}

func refusesRedirect(err error) bool {
	var refused *refusedError
	var body struct{ Error string }
	return errors.As(err, &refused) && refused.status == http.StatusBadRequest &&
		json.Unmarshal([]byte(refused.body), &body) == nil && body.Error == codeRedirect
}

// tryPage asks for the page that begins a login, as a person's browser does, with
// an attempt that is not made. A look at it changes nothing.
func (o *oauth) tryPage(ctx context.Context, at endpoints, r registration) (_ registration, why string, err error) {
	_, page, err := o.attempt(ctx, at, r.client, o.opts.Callback)
	if err != nil {
		return r, "", err
	}
	bound, cancel := context.WithTimeout(ctx, o.opts.OpenTimeout/4)
	defer cancel()
	_, err = o.page(bound, page.Path, page.RawQuery)
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
