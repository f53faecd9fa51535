package mcpconn

import (
	"context"

	"kitebot/internal/kite"
)

// put puts a question over c in the style that the server wants. When the answer
// is that there is no such tool, it is looked at again, and the question put in
// the style that it turns out to want now. The error is the cause of the failure.
func (l *link) put(ctx context.Context, c *speaker, q kite.Query, see seer) (string, error) {
	d := l.dialer
	if q.Lists() {
		return l.call(ctx, c, q, kite.StyleUnknown)
	}
	if d.sight.now().Unfamiliar {
		_ = d.look(ctx, true, d.seeWithoutLogin) // whatever became of this login
		if s := d.sight.now(); s.Unfamiliar {
			return "", s.barred()
		}
	}
	style := l.style(q)
	text, cause := l.call(ctx, c, q, style)
	kind := kite.KindOf(failure(q.Name(), cause))
	switch {
	case kind == kite.KindNoTool && l.surprising(q, style):
		return l.putAgain(ctx, c, q, style, see, cause)
	case cause == nil, kind == kite.KindFailed:
		d.lookLater(see)
	}
	return text, cause
}

// putAgain looks at the server, unless that was just done, and puts a question
// again, if that makes a difference. It failed before in a style, for a cause.
func (l *link) putAgain(ctx context.Context, c *speaker, q kite.Query, style kite.Style, see seer, cause error) (string, error) {
	if l.style(q) == style {
		if err := l.dialer.look(ctx, true, see); err != nil {
			return "", cause
		}
	}
	now := l.dialer.sight.now()
	switch {
	case now.Unfamiliar, isLogin(q) && now.barred() != nil:
		return "", now.barred()
	case l.style(q) == style:
		return "", cause
	default:
		return l.call(ctx, c, q, l.style(q))
	}
}

// style is how a question is put. A login link is asked for in one way only.
// While it is not known, a server that gave out a bearer is taken for one with modes.
func (l *link) style(q kite.Query) kite.Style {
	known := l.dialer.sight.now().Style
	switch {
	case isLogin(q):
		return kite.StyleTools
	case known != kite.StyleUnknown:
		return known
	case l.id.IsBearer():
		return kite.StyleModes
	default:
		return kite.StyleTools
	}
}

// surprising reports whether a server of a style should have had the tool, or
// its style was only a guess.
func (l *link) surprising(q kite.Query, style kite.Style) bool {
	return q.Tool().KnownTo(style) || l.dialer.sight.now().Style == kite.StyleUnknown
}

func isLogin(q kite.Query) bool { return q.Name() == kite.AskLogin().Name() }
