package bot_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// An error that is several outcomes is always told as the one that says most.
func TestOutcomeOf(t *testing.T) {
	silent := &wire.Error{Kind: wire.KindUnreachable, Err: context.DeadlineExceeded}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "too slow"},
		{fmt.Errorf("draw: %w", context.DeadlineExceeded), "too slow"},
		{silent, "unreachable"},
		{fmt.Errorf("ask: %w", silent), "unreachable"},
		{&session.DoubtError{Err: silent}, "doubtful"},
		{&wire.Error{Kind: wire.KindUnreachable, Err: context.Canceled}, "cancelled"},
		{errors.Join(session.ErrNoLogin, context.DeadlineExceeded), "no login"},
		{errors.Join(session.ErrUnconfirmed, session.ErrEnded), "login ended"},
		{&session.QueuedError{}, "queued"},
		{errors.New("anything"), "unknown"},
	} {
		for range 20 { // the order of a map would change
			if got := bot.OutcomeOf(tt.err); got != tt.want {
				t.Errorf("%v is %q, want %q", tt.err, got, tt.want)
				break
			}
		}
	}
}
