package sessiontest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// Kite is a Kite MCP server without a network: a session.Dialer for tests of
// everything above the connection. It keeps the rules a careless client would
// break: a second `login` on a session, or any call but `login` before it,
// fails the test.
type Kite struct {
	// What is wrong with it, or unusual about it. A test stores true and false at any time.
	Down        atomic.Bool // nothing answers
	Mute        atomic.Bool // every tool says that it failed
	Frozen      atomic.Bool // streams stand and answer nothing
	NoResume    atomic.Bool // /mcp does not know sessions born on a stream
	StreamsOnly atomic.Bool // there is no /mcp
	Streamless  atomic.Bool // sessions are born on /mcp, without a stream
	Undying     atomic.Bool // DELETE fails
	OneToken    atomic.Bool // the end of a session takes the others of its Kite user along
	OAuth       atomic.Bool // logins are by OAuth, else by the login tool; what was logged in the other way is over
	Callback    atomic.Bool // browsers come back by themselves, in the place of a page that does not load
	RefuseCodes atomic.Bool // no code is taken
	OldLinks    atomic.Bool // login links are those of before July 2026
	AutoLogin   atomic.Bool // who asks for a link is logged in by that: the nth session as the Kite user ZZn

	t testing.TB

	mu       sync.Mutex
	sessions map[string]*far
	made     int               // sessions
	opening  int               // how many are being made now
	most     int               // how many were being made at once, at most
	calls    []string          // "get_profile s1"
	answers  map[string]string // by "USER tool"
	market   func(query.Query) (string, bool)
	linkText string            // what login answers instead of a link; "" for a link
	garbled  int               // how many answers are garbled from now on
	grants   map[string]*grant // logins by OAuth that were begun, by their state
	limited  int               // so many codes are turned away from now on
	slow     time.Duration     // whatever is asked takes so long
	hang     time.Duration     // what the server asks Kite for takes so long
	before   func(tool string) // called before a tool is answered

	held     atomic.Int64 // answers, by those who asked for them
	everHeld atomic.Bool
}

// far is a session at the far end.
type far struct {
	id     string
	user   string // logged in as; "" for no one
	links  int    // `login` calls
	url    string // its login link
	over   bool   // terminated: its stream stands, and nothing answers on it
	bearer bool   // made by OAuth
	cut    bool   // Kite has dropped its login
	stream *conn
}

// NewKite makes a server without sessions. In an example t may be nil: a broken rule then panics.
func NewKite(t testing.TB) *Kite {
	return &Kite{t: t, sessions: map[string]*far{}, answers: map[string]string{}}
}

// Hosts are where its login links point to, today's and the older ones.
func Hosts() []string { return []string{"kite.zerodha.com", "mcp.kite.trade"} }

// with changes it.
func (k *Kite) with(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

// Answer sets what a tool answers for a Kite user.
func (k *Kite) Answer(user, tool, text string) { k.with(func() { k.answers[user+" "+tool] = text }) }

// Market answers what is asked, for all Kite users, before what [Kite.Answer] has
// set; false for what it does not answer. nil for none.
func (k *Kite) Market(answer func(query.Query) (text string, ok bool)) {
	k.with(func() { k.market = answer })
}

// Browser finishes a login link as a Kite user.
func (k *Kite) Browser(link kite.Link, user string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		if f.links > 0 && f.url == link.Reveal() {
			f.user = user
			return
		}
	}
	k.t.Errorf("the browser opened a link of no session")
}

// Before calls f before every tool call is answered; nil for nothing.
func (k *Kite) Before(f func(tool string)) { k.with(func() { k.before = f }) }

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

// count returns for how many sessions something holds.
func (k *Kite) count(holds func(*far) bool) (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		if holds(f) {
			n++
		}
	}
	return n
}

// LoggedIn returns how many sessions are logged in as a Kite user.
func (k *Kite) LoggedIn(user string) int { return k.count(func(f *far) bool { return f.user == user }) }

// Streams returns how many streams are open.
func (k *Kite) Streams() int { return k.count(func(f *far) bool { return f.stream != nil }) }

// Answers reports whether a session is known and not over.
func (k *Kite) Answers(id session.ID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.sessions[id.Reveal()]
	return f != nil && !f.over
}

// Opened returns how many sessions were made, and how many at once at most.
func (k *Kite) Opened() (made, most int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.made, k.most
}

// LinkText makes login answer with a text in the place of a link; "" for a link again.
func (k *Kite) LinkText(text string) { k.with(func() { k.linkText = text }) }

// Slow makes everything take so long, answers and failures, as far as the caller
// waits for it.
func (k *Kite) Slow(d time.Duration) { k.with(func() { k.slow = d }) }

// Hang makes Kite take so long behind its MCP server, which answers as ever what it
// knows without Kite: new sessions and login links.
func (k *Kite) Hang(d time.Duration) { k.with(func() { k.hang = d }) }

// Garble makes the next n answers arrive as something that is none.
func (k *Kite) Garble(n int) { k.with(func() { k.garbled = n }) }

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

// Expire terminates every session and leaves the streams standing, as the end
// of a session's twelve hours does.
func (k *Kite) Expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.sessions {
		f.over, f.user = true, ""
	}
}
