package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// Kite is a Kite MCP server without a network: a session.Dialer for tests of
// everything above the connection. It keeps the rules a careless client would
// break: a second `login` on a session, or any call but `login` before it,
// fails the test.
type Kite struct {
	t testing.TB

	mu         sync.Mutex
	sessions   map[string]*far
	made       int
	calls      []string          // "get_profile s1"
	answers    map[string]string // by "USER tool"
	down       bool              // nothing answers
	mute       bool              // every tool says that it failed
	noResume   bool              // /mcp does not know sessions born on a stream
	undying    bool              // DELETE fails
	streamless bool              // sessions are born without a stream, as on /mcp
	before     func(tool string) // called before a tool is answered
}

// far is a session at the far end.
type far struct {
	id     string
	user   string // logged in as; "" for nobody
	links  int    // `login` calls
	stream *conn
}

// NewKite makes a server that knows nobody.
func NewKite(t testing.TB) *Kite {
	return &Kite{t: t, sessions: map[string]*far{}, answers: map[string]string{}}
}

// Host is where its login links point to.
const Host = "kite.zerodha.com"

// Answer sets what a tool answers for a Kite user.
func (k *Kite) Answer(user, tool, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[user+" "+tool] = text
}

// Browser finishes a login link as a Kite user.
func (k *Kite) Browser(link kite.Link, user string) {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		if loginURL(f.id) == link.Reveal() {
			f.user = user
			return
		}
	}
	k.t.Errorf("the browser opened a link of no session")
}

// Down makes every call go unanswered, Mute makes every tool fail without a
// reason, Undying makes every DELETE fail, NoResume makes /mcp know nothing of
// sessions born on a stream.
func (k *Kite) Down(yes bool)     { k.set(&k.down, yes) }
func (k *Kite) Mute(yes bool)     { k.set(&k.mute, yes) }
func (k *Kite) Undying(yes bool)  { k.set(&k.undying, yes) }
func (k *Kite) NoResume(yes bool) { k.set(&k.noResume, yes) }

// Streamless makes sessions be born on /mcp, without a stream.
func (k *Kite) Streamless(yes bool) { k.set(&k.streamless, yes) }

func (k *Kite) set(flag *bool, yes bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	*flag = yes
}

// Before calls f before every tool call is answered; nil for nothing.
func (k *Kite) Before(f func(tool string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.before = f
}

// DropStreams cuts every stream.
func (k *Kite) DropStreams() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		f.drop()
	}
}

// Restart forgets every session.
func (k *Kite) Restart() {
	k.DropStreams()
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.sessions)
}

func (f *far) drop() {
	if f.stream != nil {
		close(f.stream.lost)
		f.stream = nil
	}
}

// Calls returns what was called since the last time, as "tool session".
func (k *Kite) Calls() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	calls := k.calls
	k.calls = nil
	return calls
}

// LoggedIn returns how many sessions are logged in as a Kite user.
func (k *Kite) LoggedIn(user string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, f := range k.sessions {
		if f.user == user {
			n++
		}
	}
	return n
}

// Streams returns how many streams are open.
func (k *Kite) Streams() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, f := range k.sessions {
		if f.stream != nil {
			n++
		}
	}
	return n
}

var errDown = &kite.Error{Kind: kite.KindUnreachable, Err: errors.New("no answer")}

// Open implements session.Dialer.
func (k *Kite) Open(context.Context) (session.Conn, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down {
		return nil, errDown
	}
	k.made++
	f := &far{id: fmt.Sprintf("secret-session-%d", k.made)}
	k.sessions[f.id] = f
	if k.streamless {
		return &conn{kite: k, id: f.id}, nil
	}
	f.stream = &conn{kite: k, id: f.id, stream: true, lost: make(chan struct{})}
	return f.stream, nil
}

// Resume implements session.Dialer.
func (k *Kite) Resume(id session.ID) session.Conn {
	return &conn{kite: k, id: id.Reveal()}
}

// End implements session.Dialer.
func (k *Kite) End(_ context.Context, id session.ID) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, "DELETE "+short(id.Reveal()))
	if k.down || k.undying {
		return errDown
	}
	if f := k.sessions[id.Reveal()]; f != nil {
		f.drop()
		delete(k.sessions, f.id)
	}
	return nil
}

func short(id string) string { return id[len("secret-session-"):] }

// loginURL is the link of a session, with its id in clear like the real one.
func loginURL(id string) string {
	return "https://" + Host + "/connect/login?api_key=kitemcp&v=3&redirect_params=session_id%3D" + id
}

// conn is a connection to Kite.
type conn struct {
	kite   *Kite
	id     string
	stream bool
	lost   chan struct{}
}

func (c *conn) ID() session.ID        { return session.NewID(c.id) }
func (c *conn) Lost() <-chan struct{} { return c.lost }

func (c *conn) Close() {
	c.kite.mu.Lock()
	defer c.kite.mu.Unlock()
	if f := c.kite.sessions[c.id]; f != nil && f.stream == c {
		f.drop()
	}
}

func (c *conn) Call(ctx context.Context, tool string, _ map[string]any) (string, error) {
	k := c.kite
	k.mu.Lock()
	before := k.before
	k.mu.Unlock()
	if before != nil {
		before(tool)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, tool+" "+short(c.id))
	f := k.sessions[c.id]
	switch {
	case ctx.Err() != nil:
		return "", &kite.Error{Kind: kite.KindUnreachable, Tool: tool, Err: ctx.Err()}
	case k.down, c.stream && (f == nil || f.stream != c):
		return "", &kite.Error{Kind: kite.KindUnreachable, Tool: tool, Err: errors.New("no answer")}
	case f == nil, !c.stream && k.noResume && !k.streamless:
		return "", &kite.Error{Kind: kite.KindEnded, Tool: tool}
	case tool == "login":
		return f.login(k.t), nil
	case f.links == 0:
		k.t.Errorf("%s on a session that never called login", tool)
	}
	return k.answer(f, tool)
}

func (f *far) login(t testing.TB) string {
	if f.links++; f.links > 1 {
		t.Errorf("login was called %d times on session %s: that destroys logins", f.links, short(f.id))
	}
	return "Show this to the user: [Login to Kite](" + loginURL(f.id) + ") and then ask them"
}

func (k *Kite) answer(f *far, tool string) (string, error) {
	if k.mute || f.user == "" {
		return "", &kite.Error{Kind: kite.KindFailed, Tool: tool}
	}
	if text, ok := k.answers[f.user+" "+tool]; ok {
		return text, nil
	}
	if tool == "get_profile" {
		return fmt.Sprintf(`{"user_id":%q,"user_name":"Name of %s"}`, f.user, f.user), nil
	}
	return "", &kite.Error{Kind: kite.KindFailed, Tool: tool}
}

// LinkOf is the address of a session's login link: for a second browser login.
func LinkOf(id session.ID) string { return loginURL(id.Reveal()) }
