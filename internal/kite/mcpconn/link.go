package mcpconn

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// link is what both kinds of connection share: a session id and a life.
type link struct {
	dialer *Dialer
	id     session.ID
	life   context.Context // its cause says why the connection is over
	end    context.CancelCauseFunc
}

func newLink(d *Dialer, parent context.Context) *link {
	l := &link{dialer: d}
	l.life, l.end = context.WithCancelCause(parent)
	return l
}

// ID is the session this connection belongs to.
func (l *link) ID() session.ID { return l.id }

// Close lets go of the connection and fails its calls. It sends nothing.
func (l *link) Close() { l.end(errClosed) }

// ask asks something and returns the text of a good result. The error is the
// cause of the failure, freed of addresses and of the session id; classify
// makes a *kite.Error of it.
func (l *link) ask(ctx context.Context, c *speaker, q kite.Query, style kite.Style) (string, error) {
	limit := l.dialer.opts.CallTimeout
	if isLogin(q) { // it asks Kite twice
		limit = l.dialer.opts.LoginTimeout
	}
	bound, cancel := l.dialer.within(ctx, limit, l.life)
	defer cancel()
	if q.Lists() {
		return l.list(bound, ctx, c)
	}
	tool, args, ok := q.On(style)
	if !ok {
		return "", errNotOffered
	}
	result, held, err := c.wire.callTool(bound, tool, args)
	if err != nil {
		return "", scrub(because(ctx, bound, l.life, err), l.id)
	}
	text, err := textOf(result)
	if err != nil || held != nil && !kite.Held(ctx, held.release) {
		held.release()
	}
	return text, err
}

// maxPages is how many pages a list of tools may have. The real one has one.
const maxPages = 10

// list asks which tools there are.
func (l *link) list(bound, ctx context.Context, c *speaker) (string, error) {
	var req mcp.ListToolsRequest
	all, err := c.ListToolsByPage(bound, req)
	for pages := 1; err == nil && all.NextCursor != ""; pages++ {
		if pages == maxPages {
			return "", errOdd
		}
		req.Params.Cursor = all.NextCursor
		var next *mcp.ListToolsResult
		if next, err = c.ListToolsByPage(bound, req); err == nil {
			all.Tools, all.NextCursor = append(all.Tools, next.Tools...), next.NextCursor
		}
	}
	if err != nil {
		return "", scrub(because(ctx, bound, l.life, err), l.id)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", errOdd
	}
	return string(text), nil
}

// textOf returns the text of a result. One that is flagged as an error, or reads
// like one, comes back as *toolError.
func textOf(json string) (string, error) {
	result, ok := kite.DecodeResult(json)
	if !ok {
		return "", errOdd
	}
	if kite.Classify("", kite.Outcome{Text: result.Text, IsError: result.IsError}) != nil {
		return "", &toolError{text: result.Text, flagged: result.IsError}
	}
	return result.Text, nil
}

// call runs one call, put in a style, as a piece of work of the Dialer, unless
// the connection is over already.
func (l *link) call(ctx context.Context, c *speaker, q kite.Query, style kite.Style) (string, error) {
	if !l.dialer.enter() {
		return "", errClosed
	}
	defer l.dialer.work.Done()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if l.life.Err() != nil {
		return "", context.Cause(l.life)
	}
	began := time.Now()
	text, cause := l.ask(ctx, c, q, style)
	cause = l.dialer.judge(ctx, l.id, cause)
	l.dialer.measure(q.Name(), began, failure(q.Name(), cause))
	return text, cause
}

// failed makes the *kite.Error of a failed call and leaves a line in the log.
func (l *link) failed(tool string, cause error) error {
	err := classify(tool, cause)
	l.dialer.log.Debug("kite call failed", "error", err, "cause", cause)
	return err
}
