package mcpconn

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

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
