package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

var errDown = &wire.Error{Kind: wire.KindUnreachable, Err: errors.New("no answer")}

// Open implements session.Dialer.
func (k *Kite) Open(ctx context.Context) (session.Conn, error) {
	k.with(func() { k.opening++; k.most = max(k.most, k.opening) })
	defer k.with(func() { k.opening-- })
	if err := k.pause(ctx, ""); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Down.Load() {
		return nil, errDown
	}
	if k.OAuth.Load() {
		return nil, &wire.Error{Kind: wire.KindAuthorize}
	}
	k.made++
	f := &far{id: fmt.Sprintf("secret-session-%d", k.made)}
	k.sessions[f.id] = f
	if k.Streamless.Load() {
		return &conn{kite: k, id: f.id}, nil
	}
	f.stream = &conn{kite: k, id: f.id, stream: true, lost: make(chan struct{})}
	return f.stream, nil
}

// Resume implements session.Dialer.
func (k *Kite) Resume(h session.Credential, _ func(session.ID)) session.Conn {
	return &conn{kite: k, id: h.Session.Reveal(), bearer: h.Session.IsBearer()}
}

// End implements session.Dialer.
func (k *Kite) End(ctx context.Context, h session.Credential) error {
	id := h.Session
	k.mu.Lock()
	how := "DELETE "
	if id.IsBearer() {
		how = "logout "
	}
	k.calls = append(k.calls, how+short(id.Reveal()))
	k.mu.Unlock()
	if err := k.pause(ctx, "DELETE"); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Down.Load() || k.Undying.Load() {
		return errDown
	}
	if f := k.sessions[id.Reveal()]; f != nil {
		f.drop()
		delete(k.sessions, f.id)
		for _, other := range k.sessions {
			other.cut = other.cut || k.OneToken.Load() && other.user == f.user && f.user != ""
		}
	}
	return nil
}

func short(id string) string { return id[len("secret-session-"):] }

// loginURL is the link of a session, with its id in clear like the real ones.
func (k *Kite) loginURL(id string) string {
	if k.OldLinks.Load() {
		return "https://kite.zerodha.com/connect/login?api_key=kitemcp&v=3&redirect_params=session_id%3D" + id
	}
	return "https://mcp.kite.trade/authorize?session_id=" + id + "%7C1790000000.c2ln%3D"
}

// pause waits as long as Kite is slow at a tool, unless the caller gives up before.
// A new session, "", is made by the server alone, and so is a login link.
func (k *Kite) pause(ctx context.Context, tool string) error {
	k.mu.Lock()
	slow := k.slow
	if tool != "" && tool != "login" {
		slow = max(slow, k.hang)
	}
	k.mu.Unlock()
	if slow == 0 {
		return nil
	}
	t := time.NewTimer(slow)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return &wire.Error{Kind: wire.KindUnreachable, Err: ctx.Err()}
	}
}

// conn is a connection to Kite.
type conn struct {
	kite   *Kite
	id     string
	stream bool
	bearer bool
	lost   chan struct{}
}

func (c *conn) ID() session.ID {
	if c.bearer {
		return session.NewBearer(c.id)
	}
	return session.NewID(c.id)
}

func (c *conn) Lost() <-chan struct{} { return c.lost }

func (c *conn) Close() {
	c.kite.mu.Lock()
	defer c.kite.mu.Unlock()
	if f := c.kite.sessions[c.id]; f != nil && f.stream == c {
		f.drop()
	}
}

func (c *conn) Call(ctx context.Context, q query.Query) (string, error) {
	k, tool := c.kite, q.Name()
	k.mu.Lock()
	before := k.before
	k.mu.Unlock()
	if before != nil {
		before(tool)
	}
	if err := k.pause(ctx, tool); err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, tool+" "+short(c.id))
	f := k.sessions[c.id]
	switch {
	case ctx.Err() != nil:
		return "", &wire.Error{Kind: wire.KindUnreachable, Tool: tool, Err: ctx.Err()}
	case k.Down.Load(), c.stream && (f == nil || f.stream != c || k.Frozen.Load()):
		return "", &wire.Error{Kind: wire.KindUnreachable, Tool: tool, Err: errors.New("no answer")}
	case !c.stream && k.StreamsOnly.Load():
		return "", &wire.Error{Kind: wire.KindNotServed, Tool: tool}
	case c.stream && f.over:
		return "", &wire.Error{Kind: wire.KindDoubt, Tool: tool}
	case k.ended(c, f, tool) != nil:
		return "", k.ended(c, f, tool)
	case k.garbled > 0:
		k.garbled--
		return "", &wire.Error{Kind: wire.KindMalformed, Tool: tool}
	case tool == "login":
		if k.AutoLogin.Load() {
			f.user = "ZZ" + short(f.id)
		}
		f.url = k.loginURL(f.id)
		return f.login(k.t, k.linkText), nil
	case f.links == 0 && !c.bearer:
		k.t.Errorf("%s on a session that never called login", tool)
	}
	text, err := k.answer(f, q)
	if len(text) > mostAnswer {
		return "", &wire.Error{Kind: wire.KindTooBig, Tool: tool}
	}
	if wire.OnRelease(ctx, func() { k.held.Add(-1) }) {
		k.held.Add(1)
		k.everHeld.Store(true)
	}
	return text, err
}

// Held returns how many answers are held now, and whether any ever was.
func (k *Kite) Held() (now int64, ever bool) { return k.held.Load(), k.everHeld.Load() }

// mostAnswer is the longest answer that a connection reads, in bytes.
const mostAnswer = 4 << 20

func (f *far) login(t testing.TB, instead string) string {
	if f.links++; f.links > 1 {
		t.Errorf("login was called %d times on session %s: that destroys logins", f.links, short(f.id))
	}
	if instead != "" {
		return instead
	}
	return "Show this to the user: [Login to Kite](" + f.url + ") and then ask them"
}

func (k *Kite) answer(f *far, q query.Query) (string, error) {
	tool := q.Name()
	if k.Mute.Load() || f.user == "" || f.cut {
		return "", &wire.Error{Kind: wire.KindFailed, Tool: tool}
	}
	if k.market != nil {
		if text, ok := k.market(q); ok {
			return text, nil
		}
	}
	if text, ok := k.answers[f.user+" "+tool]; ok {
		return text, nil
	}
	if tool == "get_profile" {
		return fmt.Sprintf(`{"user_id":%q,"user_name":"Name of %s"}`, f.user, f.user), nil
	}
	return "", &wire.Error{Kind: wire.KindFailed, Tool: tool}
}

// LinkOf is a session's login link: for a second browser login.
func (k *Kite) LinkOf(id session.ID) kite.Link {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.sessions[id.Reveal()]; f != nil {
		return kite.RestoreLink(f.url)
	}
	return kite.Link{}
}
