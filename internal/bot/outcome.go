package bot

import (
	"context"
	"errors"
	"slices"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// outcomeOf names an error for the log: few words, no data. What an error says of
// the login counts more than what it wraps: a call that Kite did not answer in
// time is "unreachable", and "too slow" is what ran out of time here.
func outcomeOf(err error) string {
	for _, o := range outcomes {
		if o.is(err) {
			return o.name
		}
	}
	if kind := kite.KindOf(err); kind != kite.KindUnknown || !errors.Is(err, context.DeadlineExceeded) {
		return kind.String()
	}
	return "too slow"
}

// outcomes are tried in this order: an error may be several of them.
var outcomes = []struct {
	name string
	is   func(error) bool
}{
	{"panic", isA[*panicError]},
	{"cancelled", isAny(context.Canceled)},
	{"ok", isAny(session.ErrBound)},
	{"cancelled", isAny(session.ErrLeft)},
	{"no login", isAny(session.ErrNoLogin)},
	{"login ended", isAny(session.ErrEnded)},
	{"unconfirmed", isAny(session.ErrUnconfirmed)},
	{"usurped", isA[*session.UsurpedError]},
	{"doubtful", isA[*session.DoubtError]},
	{"queued", isA[*session.QueuedError]},
	{"crowded", isA[*session.CrowdedError]},
	{"queued", isAny(session.ErrUnread)},
	{"code refused", isAny(session.ErrCodeRefused)},
	{"code lost", isAny(session.ErrCodeLost)},
	{"code not awaited", isAny(session.ErrNoAttempt, session.ErrOtherAttempt, session.ErrCodeUsed)},
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func isAny(targets ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
}

// usual reports whether an outcome is part of life with logins rather than
// something that an operator should look into.
func usual(outcome string) bool {
	return slices.Contains([]string{"ok", "no login", "login ended", "unconfirmed", "usurped", "queued", "code not awaited", "cancelled"}, outcome)
}
