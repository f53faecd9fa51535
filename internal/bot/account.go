package bot

import (
	"context"

	"kitebot/internal/kite/session"
)

// Account is one person's Kite account. A command gets the asker's Account and
// nothing else, so it cannot even name another person's session.
type Account struct {
	pool   *session.Pool
	person int64
	acted  *bool // see [Request]
	meter  Meter
}

// Status tells what is known of the login, without asking Kite.
func (a Account) Status() (session.Status, error) { return a.pool.Status(a.person) }

// Check asks Kite whether the login still answers.
func (a Account) Check(ctx context.Context) (session.Status, error) {
	return a.pool.Check(ctx, a.person)
}

// Glance asks Kite once whether the login still answers.
func (a Account) Glance(ctx context.Context) (session.Status, error) {
	return a.pool.Glance(ctx, a.person)
}

// Finish asks Kite whether a login link is through.
func (a Account) Finish(ctx context.Context) (session.Status, error) {
	return a.pool.Finish(ctx, a.person)
}

// Link returns a login link; then is the command to run after the login.
func (a Account) Link(ctx context.Context, then string) (session.Link, session.Status, error) {
	return a.pool.Link(ctx, a.person, then)
}

// Renew is Link, but begins a login by OAuth anew.
func (a Account) Renew(ctx context.Context, then string) (session.Link, session.Status, error) {
	return a.pool.Renew(ctx, a.person, then)
}

// Authorized takes the code that came of a login by OAuth.
func (a Account) Authorized(ctx context.Context, state, code string) (session.Status, error) {
	return a.pool.Authorized(ctx, a.person, state, code)
}

// Shown notes which message carries a link.
func (a Account) Shown(ref string, message int) error { return a.pool.Shown(a.person, ref, message) }

// Confirm answers whether a changed Kite user is the person's.
func (a Account) Confirm(ctx context.Context, userID string, yes bool) (session.Status, error) {
	*a.acted = true
	return a.pool.Confirm(ctx, a.person, userID, yes)
}

// RetryLogout tries again what a logout could not end.
func (a Account) RetryLogout(ctx context.Context) (session.Status, error) {
	*a.acted = true
	return a.pool.RetryLogout(ctx, a.person)
}

// EndEarlier ends sessions that a logout left, although that may end the login.
func (a Account) EndEarlier(ctx context.Context) (session.Status, error) {
	*a.acted = true
	return a.pool.EndEarlier(ctx, a.person)
}

// Logout ends the login at Kite.
func (a Account) Logout(ctx context.Context) (session.Record, session.Status, error) {
	*a.acted = true
	return a.pool.Logout(ctx, a.person)
}
