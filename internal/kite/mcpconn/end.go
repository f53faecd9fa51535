package mcpconn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// End ends a login at the server. It returns nil when the server did so or does
// not know the login any more, or when its key is none that a server could have
// given out. Otherwise the error is a *wire.Error of KindUnreachable, KindNotServed
// or KindBlocked, and the caller may try again.
//
// A session of the login tool is logged out of Kite by that, unless Kite hung: what
// the server confirms late is an error, and asking again reaches Kite again. The server answers
// 500 for an unknown one as for a failed logout, so that any other answer is
// followed by a question for that session: only "ended" is believed. It takes two
// call timeouts at most. For a login by OAuth see endBearer.
func (d *Dialer) End(ctx context.Context, h session.Credential) error {
	bearer := h.Session.IsBearer()
	if !bearer && !plausible(h.Session) || bearer && !visible(h.Session.Reveal(), maxBearer) {
		return nil
	}
	if !d.enter() {
		return classify("", errClosed)
	}
	defer d.work.Done()
	if bearer {
		return d.endBearer(ctx, h)
	}
	return d.endSession(ctx, h.Session)
}

// slowEnd is how long a logout takes that Kite may not have heard of: the server
// waits 7 s for Kite's answer, and then says that all went well.
const slowEnd = 6 * time.Second

// endSession ends a session of the login tool.
func (d *Dialer) endSession(ctx context.Context, id session.ID) error {
	began := time.Now()
	cause := d.judge(ctx, id, scrub(d.delete(ctx, id, nil), id))
	if cause == nil && time.Since(began) >= slowEnd {
		cause = errSlowEnd
	}
	d.measure(ending, began, failure("", cause))
	if cause == nil {
		return nil
	}
	d.log.Debug("ending a kite session failed", "cause", cause)
	err := classify("", cause)
	refused, isRefused := errors.AsType[*refusedError](cause)
	switch ended := wire.KindOf(err) == wire.KindEnded; {
	case ended && (!isRefused || refused.status == http.StatusNotFound):
		return nil
	case !isRefused:
		return err
	default:
		return d.confirmEnded(ctx, id, cause)
	}
}

// delete sends the DELETE for a session and returns why it failed.
func (d *Dialer) delete(ctx context.Context, id session.ID, header http.Header) error {
	bound, cancel := d.within(ctx, d.opts.CallTimeout, d.base)
	defer cancel()
	req, err := http.NewRequestWithContext(bound, http.MethodDelete, d.at.mcp.String(), nil)
	if err != nil {
		return err
	}
	maps.Copy(req.Header, header)
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
	_, err := conn.Call(ctx, query.Profile()) // the cheapest question that needs a session
	switch {
	case wire.KindOf(err) == wire.KindEnded:
		return nil
	case wire.Unanswered(err):
		return err
	default:
		return &wire.Error{Kind: wire.KindUnreachable, Err: fmt.Errorf("end session: %v, and it still answers", cause)}
	}
}

// endBearer ends a login by OAuth: by the logout of the server's own, since its
// DELETE ends no login, and then the MCP session that the bearer was used on. A
// server that wants no OAuth any more has no such login.
func (d *Dialer) endBearer(ctx context.Context, h session.Credential) error {
	began := time.Now()
	c := d.resumeBearer(h, nil)
	defer c.Close()
	text, err := c.Call(ctx, query.Logout())
	if err == nil && !loggedOut(text) {
		err = &wire.Error{Kind: wire.KindUnreachable, Tool: query.Logout().Name(), Err: errors.New("the answer does not say that the login is over")}
	}
	if err != nil {
		err = d.notLoggedOut(ctx, c, err)
		d.measure(ending, began, err)
		return err
	}
	d.measure(ending, began, nil)
	if mcp := c.grant.session(); plausible(mcp) { // it would idle for a day, which does no harm
		header := http.Header{"Authorization": {"Bearer " + h.Session.Reveal()}}
		if err := d.delete(ctx, mcp, header); err != nil {
			d.log.Debug("letting go of an MCP session failed", "cause", scrub(scrub(err, mcp), h.Session))
		}
		c.grant.lose(nil)
	}
	return nil
}

// loggedOut reads the answer to a logout.
func loggedOut(text string) bool {
	var answer struct {
		Status string `json:"status"`
	}
	return json.Unmarshal([]byte(text), &answer) == nil && (answer.Status == "logged_out" || answer.Status == "already_logged_out")
}

// notLoggedOut says what a logout that failed means: nil when there is no login to
// end.
func (d *Dialer) notLoggedOut(ctx context.Context, c *bearerConn, err error) error {
	switch {
	case wire.KindOf(err) == wire.KindEnded:
		return nil
	case wire.Unanswered(err):
		return err
	}
	if wire.KindOf(err) == wire.KindNoTool && d.surfaces.refresh(ctx, true, c.probe) == nil {
		if now := d.surfaces.now(); !now.OAuth && !now.Unfamiliar {
			return nil
		}
	}
	return &wire.Error{Kind: wire.KindUnreachable, Tool: query.Logout().Name(), Cause: wire.CauseOf(err), Err: errors.New(err.Error())}
}
