package mcpconn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// End ends the session at the server, which logs the person out of Kite. It
// returns nil when the server did so or does not know the session any more, or
// when id is none that a server could have given out. The server answers 500
// for an unknown session as for a failed logout, so that any other answer is
// followed by a question for that session: only "ended" is believed. Otherwise
// the error is a *kite.Error of KindUnreachable, and the caller may try again.
// It takes two call timeouts at most.
func (d *Dialer) End(ctx context.Context, h session.Held) error {
	id := h.Session
	if !plausible(id) {
		return nil
	}
	if !d.enter() {
		return classify("", errClosed)
	}
	defer d.work.Done()
	began := time.Now()
	cause := scrub(d.delete(ctx, id), id)
	d.measure(ending, began, failure("", cause))
	if cause == nil {
		return nil
	}
	d.log.Debug("ending a kite session failed", "cause", cause)
	var refused *refusedError
	if !errors.As(cause, &refused) {
		return classify("", cause)
	}
	if refused.status == http.StatusNotFound && kite.KindOf(classify("", cause)) == kite.KindEnded {
		return nil
	}
	return d.confirmEnded(ctx, id, cause)
}

// delete sends the DELETE and returns why it failed.
func (d *Dialer) delete(ctx context.Context, id session.ID) error {
	bound, cancel := d.within(context.WithValue(ctx, endingKey{}, true), d.opts.CallTimeout, d.base)
	defer cancel()
	req, err := http.NewRequestWithContext(bound, http.MethodDelete, d.at.mcp.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set(transport.HeaderKeySessionID, id.Reveal())
	req.Header.Set(transport.HeaderKeyProtocolVersion, protocolVersion)
	resp, err := d.client.Do(req)
	if err != nil {
		return because(ctx, bound, d.base, err)
	}
	return resp.Body.Close()
}

// confirmEnded asks whether the session still answers.
func (d *Dialer) confirmEnded(ctx context.Context, id session.ID, cause error) error {
	conn := d.resume(id)
	defer conn.Close()
	_, err := conn.Call(ctx, kite.AskProfile()) // the cheapest question that needs a session
	switch {
	case kite.KindOf(err) == kite.KindEnded:
		return nil
	case kite.Unanswered(err):
		return err
	default:
		return &kite.Error{Kind: kite.KindUnreachable, Err: fmt.Errorf("end session: %v, and it still answers", cause)}
	}
}
