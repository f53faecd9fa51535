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
	t testing.TB

	mu          sync.Mutex
	sessions    map[string]*far
	made        int               // sessions
	opening     int               // how many are being made now
	most        int               // how many were being made at once, at most
	calls       []string          // "get_profile s1"
	answers     map[string]string // by "USER tool"
	market      func(query.Query) (string, bool)
	down        bool              // nothing answers
	mute        bool              // every tool says that it failed
	noResume    bool              // /mcp does not know sessions born on a stream
	streamsOnly bool              // there is no /mcp
	undying     bool              // DELETE fails
	oneToken    bool              // the end of a session takes the others of its Kite user along
	streamless  bool              // sessions are born without a stream, as on /mcp
	everybody   bool              // who asks for a link is logged in by that
	oldLinks    bool              // login links are those of before July 2026
	linkText    string            // what login answers instead of a link; "" for a link
	frozen      bool              // streams stand and answer nothing
	garbled     int               // how many answers are garbled from now on
	oauth       bool              // logins are by OAuth, else by the login tool
	callback    bool              // browsers come back by themselves
	grants      map[string]*grant // logins by OAuth that were begun, by their state
	limited     int               // so many codes are turned away from now on
	refuseCodes bool              // no code is taken
	slow        time.Duration     // whatever is asked takes so long
	hang        time.Duration     // what the server asks Kite for takes so long
	before      func(tool string) // called before a tool is answered

	held     atomic.Int64 // answers, by those who asked for them
	everHeld atomic.Bool
}

// far is a session at the far end.
type far struct {
	id     string
	user   string // logged in as; "" for nobody
	links  int    // `login` calls
	url    string // its login link
	over   bool   // terminated: its stream stands, and nothing answers on it
	bearer bool   // made by OAuth
	cut    bool   // Kite has dropped its login
	stream *conn
}

// NewKite makes a server that knows nobody.
func NewKite(t testing.TB) *Kite {
	return &Kite{t: t, sessions: map[string]*far{}, answers: map[string]string{}}
}

// Hosts are where its login links point to, today's and the older ones.
func Hosts() []string { return []string{"kite.zerodha.com", "mcp.kite.trade"} }

// Answer sets what a tool answers for a Kite user.
func (k *Kite) Answer(user, tool, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[user+" "+tool] = text
}

// Market answers what is asked, for all Kite users, before what [Kite.Answer] has
// set; false for what it does not answer. nil for none.
func (k *Kite) Market(answer func(query.Query) (text string, ok bool)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.market = answer
}

// Browser finishes a login link as a Kite user.
func (k *Kite) Browser(link kite.Link, user string) {
	k.t.Helper()
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
func (k *Kite) Before(f func(tool string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.before = f
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
