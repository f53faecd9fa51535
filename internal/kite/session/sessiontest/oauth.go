package sessiontest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

var _ session.Authorizer = (*Kite)(nil)

// Limit makes the next n codes be turned away because of too many logins.
func (k *Kite) Limit(n int) { k.with(func() { k.limited = n }) }

// CutOff makes Kite drop every login, as it does each morning: the sessions of
// the server stand, and nothing is read through them.
func (k *Kite) CutOff() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		f.cut = true
	}
}

// grant is a login by OAuth that was begun.
type grant struct {
	n     int
	code  string // "" until a browser finished it
	user  string
	burnt bool // it was sent
}

// redirect is where browsers end.
const redirect = "http://127.0.0.1:48127/kite"

// Begin implements session.Authorizer.
func (k *Kite) Begin(ctx context.Context) (session.Attempt, kite.Link, error) {
	if err := k.pause(ctx, ""); err != nil {
		return session.Attempt{}, kite.Link{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Down.Load() || !k.OAuth.Load() {
		return session.Attempt{}, kite.Link{}, errDown
	}
	n := len(k.grants) + 1
	a := session.Attempt{
		State: fmt.Sprintf("secret-state-%d", n), Verifier: fmt.Sprintf("secret-verifier-%d", n), ClientID: "client",
		Redirect: redirect, Paste: !k.Callback.Load(),
	}
	if k.grants == nil {
		k.grants = map[string]*grant{}
	}
	k.grants[a.State] = &grant{n: n}
	return a, kite.RestoreLink("https://mcp.kite.trade/authorize?client_id=client&state=" + a.State), nil
}

// Authorize opens the link of a login by OAuth and logs in as a Kite user. It
// returns the address that the browser ends at; "" when user is "", which is to
// cancel at Kite's page.
func (k *Kite) Authorize(link kite.Link, user string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, state, _ := strings.Cut(link.Reveal(), "state=")
	g := k.grants[state]
	switch {
	case g == nil:
		k.t.Errorf("the browser opened a link of no attempt")
		return ""
	case user == "":
		return ""
	}
	g.code, g.user = fmt.Sprintf("secret-code-%d", g.n), user
	return redirect + "?code=" + g.code + "&state=" + state
}

// Redeem implements session.Authorizer. A code that is sent with what is not its
// own is burnt, and fails the test.
func (k *Kite) Redeem(ctx context.Context, a session.Attempt) (session.Credential, error) {
	k.mu.Lock()
	k.calls = append(k.calls, "token "+strings.TrimPrefix(a.State, "secret-state-"))
	k.mu.Unlock()
	if err := k.pause(ctx, ""); err != nil {
		return session.Credential{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.grants[a.State]
	switch {
	case k.limited > 0:
		k.limited--
		return session.Credential{}, &wire.Error{Kind: wire.KindLimited}
	case k.Down.Load():
		return session.Credential{}, errDown
	case g == nil || g.code == "" || a.Code != g.code:
		k.t.Errorf("a code was sent with another attempt's verifier, or is made up: %q", strings.ReplaceAll(a.Code, "secret", "s"))
		return session.Credential{}, &wire.Error{Kind: wire.KindFailed}
	case g.burnt:
		k.t.Error("a code was sent a second time: the server takes each once")
		return session.Credential{}, &wire.Error{Kind: wire.KindFailed}
	case k.RefuseCodes.Load():
		g.burnt = true
		return session.Credential{}, &wire.Error{Kind: wire.KindFailed}
	}
	g.burnt = true
	k.made++
	f := &far{id: fmt.Sprintf("secret-session-%d", k.made), user: g.user, bearer: true}
	k.sessions[f.id] = f
	return session.Credential{Session: session.NewBearer(f.id), Since: time.Now().UTC(), Ends: time.Now().Add(24 * time.Hour).UTC()}, nil
}

// ended says why a session answers nothing; nil when it may answer. k.mu is held.
func (k *Kite) ended(c *conn, f *far, tool string) error {
	end := func(why wire.Ending) error { return &wire.Error{Kind: wire.KindEnded, Why: why, Tool: tool} }
	switch {
	case c.bearer != k.OAuth.Load():
		return end(wire.EndSwitched)
	case c.bearer && f == nil:
		return end(wire.EndLost)
	case c.bearer && f.over:
		return end(wire.EndExpired)
	case f == nil, f.over, !c.stream && k.NoResume.Load() && !k.Streamless.Load() && !c.bearer:
		return end(wire.EndUnknown)
	case c.bearer && f.cut && tool == "get_alerts":
		return end(wire.EndCutOff)
	}
	return nil
}
