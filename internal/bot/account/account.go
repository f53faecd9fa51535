// Package account is what a command has of the person who asked: their Kite
// account, as far as it can be read, and their preferences. The person is bound
// inside, so a command can name no one else.
package account

import (
	"context"
	"fmt"

	"kitebot/internal/kite/session"
)

// Backend is what accounts are read from. The engine has one; a command never does.
type Backend struct {
	Sessions *session.Pool
	Prefs    PrefStore
	// Mismatches gets, with each answer, how many holdings are
	// [kite.Holding.Mismatched]; nil for no one.
	Mismatches func(holdings int)
}

// Account is one person's, for the time of one request.
type Account struct {
	backend *Backend
	person  int64
	changed bool
}

// New returns a person's account.
func New(b *Backend, person int64) *Account { return &Account{backend: b, person: person} }

// Changing notes that something is about to change for good. A request that changes
// something is done with once it has run, whether its answer arrives or not: carried
// out again by a later process it would undo what was done since.
func (a *Account) Changing() { a.changed = true }

// Changed reports whether something was changed for good.
func (a *Account) Changed() bool { return a.changed }

// ChangePrefs changes the person's preferences for good and returns what holds then.
// Where what is stored cannot be read, present is changed instead and replaces it.
func (a *Account) ChangePrefs(present Prefs, change func(*Prefs)) (Prefs, error) {
	a.Changing()
	p, err := a.backend.Prefs.LoadPrefs(a.person)
	if err != nil {
		p = present
	}
	change(&p)
	if err := a.backend.Prefs.SavePrefs(a.person, p); err != nil {
		return present, fmt.Errorf("remember the choice: %w", err)
	}
	return p, nil
}

// Status returns what is known of the login, without asking Kite.
func (a *Account) Status() (session.Status, error) { return a.backend.Sessions.Status(a.person) }

// Check asks Kite whether the login still answers.
func (a *Account) Check(ctx context.Context) (session.Status, error) {
	return a.backend.Sessions.Check(ctx, a.person)
}

// Glance asks Kite once whether the login still answers.
func (a *Account) Glance(ctx context.Context) (session.Status, error) {
	return a.backend.Sessions.Glance(ctx, a.person)
}

// Finish asks Kite whether a login link is through.
func (a *Account) Finish(ctx context.Context) (session.Status, error) {
	return a.backend.Sessions.Finish(ctx, a.person)
}

// Link returns a login link; then is the command to run after the login.
func (a *Account) Link(ctx context.Context, then string) (session.Link, session.Status, error) {
	return a.backend.Sessions.Link(ctx, a.person, then)
}

// Renew is Link, but begins a login by OAuth anew.
func (a *Account) Renew(ctx context.Context, then string) (session.Link, session.Status, error) {
	return a.backend.Sessions.Renew(ctx, a.person, then)
}

// Authorized takes the code that came of a login by OAuth.
func (a *Account) Authorized(ctx context.Context, state, code string) (session.Status, error) {
	return a.backend.Sessions.Authorized(ctx, a.person, state, code)
}

// Shown notes which message carries a link.
func (a *Account) Shown(ref string, message int) error {
	return a.backend.Sessions.Shown(a.person, ref, message)
}

// Confirm answers whether a changed Kite user is the person's.
func (a *Account) Confirm(ctx context.Context, userID string, yes bool) (session.Status, error) {
	a.Changing()
	return a.backend.Sessions.Confirm(ctx, a.person, userID, yes)
}

// RetryLogout tries again what a logout could not end.
func (a *Account) RetryLogout(ctx context.Context) (session.Status, error) {
	a.Changing()
	return a.backend.Sessions.RetryLogout(ctx, a.person)
}

// EndEarlier ends sessions that a logout left, although that may end the login.
func (a *Account) EndEarlier(ctx context.Context) (session.Status, error) {
	a.Changing()
	return a.backend.Sessions.EndEarlier(ctx, a.person)
}

// Logout ends the login at Kite.
func (a *Account) Logout(ctx context.Context) (session.Record, session.Status, error) {
	a.Changing()
	return a.backend.Sessions.Logout(ctx, a.person)
}
