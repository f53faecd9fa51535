package mcpconn

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	"kitebot/internal/stdlog"
)

// enter books a piece of work that Close waits for; the worker calls
// d.work.Done. It reports false once the Dialer is closed.
func (d *Dialer) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.work.Add(1)
	return true
}

// within bounds ctx by a time limit, by the Dialer's life and by the life of
// what is being used. The cause of its end says which of them it was.
func (d *Dialer) within(ctx context.Context, limit time.Duration, life context.Context) (context.Context, context.CancelFunc) {
	timed, cancel := context.WithTimeout(ctx, limit)
	bound, end := context.WithCancelCause(timed)
	unlife := context.AfterFunc(life, func() { end(context.Cause(life)) })
	unbase := context.AfterFunc(d.base, func() { end(context.Cause(d.base)) })
	return bound, func() {
		unlife()
		unbase()
		end(nil)
		cancel()
	}
}

// measure counts how something ended that began at a moment. The time
// is that of the network, not of an injected clock.
func (d *Dialer) measure(tool string, began time.Time, err error) {
	if d.opts.Meter == nil || errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		return
	}
	outcome := well
	if err != nil {
		outcome = wire.KindOf(err).String()
	}
	d.opts.Meter.Tool(tool, outcome, time.Since(began), faultOf(tool, err))
}

// maxDocument bounds a document about the server, and an answer to a login by OAuth.
const maxDocument = 64 << 10

// readDocument reads a short body to its end.
func readDocument(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = errTooBig
	}
	return text, unread(err)
}

// page reads a page of the configured server, below maxDocument.
func (d *Dialer) page(ctx context.Context, path, query string) ([]byte, error) {
	bound, cancel := d.within(ctx, d.opts.CallTimeout, d.base)
	defer cancel()
	at := *d.at.mcp
	at.Path, at.RawQuery = path, query
	req, err := http.NewRequestWithContext(bound, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, errOdd
	}
	req.Header.Set("Accept", "application/json, text/html")
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, because(ctx, bound, d.base, err)
	}
	defer resp.Body.Close()
	body, err := readDocument(resp.Body)
	if err != nil {
		return nil, because(ctx, bound, d.base, err)
	}
	return body, nil
}

// judge finds out what a failure means where that takes more than its answer.
// id is the login that was used; zero when there was none yet.
//
// A 401 without a challenge, from a server that has no document on how to
// authorize, comes from something on the way: it ends no login. And texts about
// logins by OAuth say nothing of a login by the login tool.
func (d *Dialer) judge(ctx context.Context, id session.ID, cause error) error {
	var refused *refusedError
	var failed *toolError
	switch {
	case errors.As(cause, &refused) && refused.status == http.StatusUnauthorized:
		if !d.wantsOAuth(ctx, refused) {
			return &judgedError{kind: wire.KindBlocked, text: cause.Error()}
		}
		d.learnOAuth(id.IsBearer())
		kind, why := authorizes(id)
		return &judgedError{kind: kind, why: why, text: cause.Error()}
	case errors.As(cause, &failed) && !id.IsBearer() && wire.EndingOf(classify("", cause)) != wire.EndUnsaid:
		return &judgedError{kind: wire.KindDoubt, text: cause.Error()}
	default:
		return cause
	}
}

// authorizes says what it means for a login that the server wants one by OAuth.
func authorizes(id session.ID) (wire.Kind, wire.Ending) {
	switch {
	case id.IsZero():
		return wire.KindAuthorize, wire.EndUnsaid
	case id.IsBearer():
		return wire.KindEnded, wire.EndExpired
	default:
		return wire.KindEnded, wire.EndSwitched
	}
}

// wantsOAuth reports whether a 401 is the server's own, which wants a login by
// OAuth.
func (d *Dialer) wantsOAuth(ctx context.Context, refused *refusedError) bool {
	return refused.challenge || d.documents.exist(ctx, d)
}

// documents remembers whether the server tells how to authorize.
type documents struct {
	once  sync.Once
	turn  chan struct{} // held by the caller that asks
	yes   bool
	until time.Time
}

// exist reports whether the server has a document on how to authorize. One asks
// for all, and is believed for a while: each 401 without a challenge raises the
// question.
func (m *documents) exist(ctx context.Context, d *Dialer) bool {
	m.once.Do(func() { m.turn = make(chan struct{}, 1) })
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return false
	}
	if time.Now().Before(m.until) {
		return m.yes
	}
	body, err := d.page(ctx, resourceDocument, "")
	if ctx.Err() != nil {
		return false // the next one asks
	}
	var document resource
	m.yes = err == nil && json.Unmarshal(body, &document) == nil && len(document.Servers) > 0
	m.until = time.Now().Add(d.opts.LookPause)
	return m.yes
}

// refreshSurfaceLater looks in the background, if there was no look. It belongs to the Dialer.
func (d *Dialer) refreshSurfaceLater(probe probeFunc) {
	d.surfaces.mu.Lock()
	due := d.surfaces.surface.Style == query.StyleUnknown && d.surfaces.running == nil && !time.Now().Before(d.surfaces.next)
	d.surfaces.mu.Unlock()
	if !due || !d.enter() {
		return
	}
	go func() {
		defer d.work.Done()
		defer func() {
			if bug := recover(); bug != nil {
				d.log.Error("looking at kite's server panicked: a bug of ours, please report it with the stack; it is looked at again later", stdlog.Panic(bug)...)
			}
		}()
		ctx, cancel := context.WithTimeout(d.base, d.opts.CallTimeout)
		defer cancel()
		_ = d.refreshSurface(ctx, false, probe) // it was logged as a call
	}()
}
