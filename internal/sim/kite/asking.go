package kite

import (
	"cmp"
	"context"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// accountForCall brings a call to the point where its tool asks Kite. It returns the account that answers, nil where Kite
// answers {"data":null}; or else ok false and what the tool says instead.
func (s *Server) accountForCall(ctx context.Context, c *call) (a *sample.Account, instead answer, ok bool) {
	l, instead := s.loginOf(ctx, c)
	if l == nil {
		return nil, instead, false
	}
	a, c.problem = s.askKite(ctx, c.fault, l)
	return a, errorAnswer("%s", c.failure), c.problem == ""
}

// loginOf finds the login object that a call may use, or says why there is none.
func (s *Server) loginOf(ctx context.Context, c *call) (l *login, instead answer) {
	if c.grant != "" {
		return s.loginOfGrant(ctx, c.grant)
	}
	var e *session
	var fresh bool
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, fresh = s.registry.touch(c.session, now); e != nil {
			l = e.login
		}
	})
	switch {
	case err != nil || e == nil:
		return nil, errorAnswer("Failed to establish a session. Please try again.")
	case fresh:
		return nil, errorAnswer("Please log in first using the login tool")
	}
	return l, answer{}
}

// What Kite says when it does not give its data. All but one tool keep it to themselves.
const (
	problemToken  = "Incorrect `api_key` or `access_token`."
	problemAnswer = "Error parsing response."
	problemHang   = "Request failed."
)

// askKite is one request to Kite with the access token of l, if it has one yet. problem is what Kite says when it
// refuses or does not answer; a is nil when the answer is {"data":null}.
func (s *Server) askKite(ctx context.Context, f *Fault, l *login) (a *sample.Account, problem string) {
	switch {
	case f.is(UpstreamHang):
		f.wait(ctx, upstreamWait)
		return nil, problemHang
	case f.is(UpstreamFailure):
		f.wait(ctx, 0)
		return nil, cmp.Or(f.Message, problemAnswer)
	}
	err := s.withLock(ctx, func(now time.Time) { a = s.broker.account(l.token, now) })
	if err != nil || a == nil {
		return nil, problemToken
	}
	if f.is(UpstreamNull) {
		f.wait(ctx, 0)
		return nil, ""
	}
	return a, ""
}
