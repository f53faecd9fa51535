package session_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"kitebot/internal/kite/session"
)

// Arrow is a way from one state to another, and what takes a person along it.
// Staying in a state is no arrow.
type Arrow struct {
	From, To session.State
	By       Cause
}

// Cause is what takes a person from one state to another.
type Cause int

// The causes. What becomes of a login is up to the server alone; of ours there
// are only the person's own wishes, and three refusals to show another's money.
const (
	// LinkGiven: Pool.Link, for /login or a command that needs a login.
	LinkGiven Cause = iota + 1
	// Finished: the watcher, Done, or the code of a login by OAuth found a login. It is
	// logged in while the link's stream is open, else parked; also after the link's time,
	// if Kite was silent meanwhile. The login before it lapses, without a DELETE. A logout
	// that waits goes on where the Kite user is another one; else the person is asked.
	Finished
	// FinishedNew: the same, by another Kite user than Record.Last.
	FinishedNew
	// LinkDied: it is 36 minutes old (45 by OAuth) by the clock of one process, the server
	// forgot it, or its code was refused or lost. A logout may still wait.
	LinkDied
	// Refused: the Kite user is another person's. The sessions of both end, and both are
	// told. A logout may still wait.
	Refused
	// Contested: another person logged in as the Kite user. The sessions of both end, and
	// both are told; who logs in anew gets the Kite user. A logout may still wait.
	Contested
	// SaidYes: Pool.Confirm; doubtful if it came after Login.Until.
	SaidYes
	// SaidNo: Pool.Confirm; the session is ended. Another link may be out, or an earlier
	// logout still wait.
	SaidNo
	// StreamLost: it was cut, was silent for 40 s, or swallowed a call and was left for /mcp.
	StreamLost
	// Idled: nothing was asked for Timing.Idle, and the session can be resumed. A doubt is
	// forgotten. The next command resumes the session.
	Idled
	// Restarted: a new process has no open stream and no doubt, and does not know how old a
	// link is.
	Restarted
	// Silence: get_profile fails again and again.
	Silence
	// Clock: Login.Until has passed. That is a doubt, never an end.
	Clock
	// Answered: the account answers again, before Login.Until.
	Answered
	// ServersWord: the server said that the session is over: 404 in its own words, or 400
	// "Invalid session ID" with no stream open; by OAuth 401, or the words of a tool; a
	// stream that was lost at a server without /mcp; another person's login as that Kite
	// user after Login.Until. A link may be out, or an earlier logout still wait.
	ServersWord
	// Usurped: another Kite user answered on the session, which is ended before anything is
	// shown. A link may be out, or an earlier logout still wait.
	Usurped
	// LoggedOut: Pool.Logout sent a DELETE for each session, session logout for each bearer,
	// and the server confirmed.
	LoggedOut
	// LogoutWaits: Pool.Logout, and the server did not confirm. It is tried again for as long
	// as the server can remember the session, and before a new link.
	LogoutWaits
	// LogoutDone: the DELETE came through, or failed once the server had forgotten the
	// session: 12.5 h, of which a process counts those that it has seen.
	LogoutDone
	// Removed: Pool.Remove, a logout of which nothing is told any more.
	Removed
	// Damaged: the record cannot be read at a start. The server keeps the login until it
	// ends.
	Damaged
)

var causeNames = [...]string{
	LinkGiven:   "link given",
	Finished:    "finished",
	FinishedNew: "finished by another",
	LinkDied:    "link died",
	Refused:     "refused",
	Contested:   "contested",
	SaidYes:     "said yes",
	SaidNo:      "said no",
	StreamLost:  "stream lost",
	Idled:       "idled",
	Restarted:   "restarted",
	Silence:     "silence",
	Clock:       "clock",
	Answered:    "answered",
	ServersWord: "server's word",
	Usurped:     "usurped",
	LoggedOut:   "logged out",
	LogoutWaits: "logout waits",
	LogoutDone:  "logout done",
	Removed:     "removed",
	Damaged:     "damaged",
}

// String names the cause in two or three words.
func (c Cause) String() string { return causeNames[c] }

// Arrows returns every way from one state to another that there is. The state
// is derived, not moved along these arrows (ADR 0004); the table is the promise
// of what the derivation can come to, and tests hold every change to it.
func Arrows() []Arrow {
	var all []Arrow
	for _, h := range arrowTable() {
		for _, from := range h.from {
			for _, to := range h.to {
				if from != to {
					all = append(all, Arrow{From: from, To: to, By: h.by})
				}
			}
		}
	}
	return all
}

// arrows stands for the arrows from each of its states to each other one.
type arrows struct {
	by       Cause
	from, to []session.State
}

// arrowTable is the table.
func arrowTable() []arrows {
	login := []session.State{unconfirmed, loggedIn, parked, doubtful}
	known := append([]session.State{linkSent, loggingOut}, login...)
	anywhere := append([]session.State{none}, known...)
	is := func(s ...session.State) []session.State { return s }
	return []arrows{
		{LinkGiven, is(none, loggingOut), is(linkSent)},
		{Finished, anywhere, is(loggedIn, parked)},
		{FinishedNew, is(none, linkSent, loggedIn, parked, doubtful), is(unconfirmed)}, // a logout forgets the last user
		{LinkDied, is(linkSent), is(none, loggingOut)},
		{Refused, is(linkSent), is(none, loggingOut)},
		{Contested, login, is(none, loggingOut)},
		{SaidYes, is(unconfirmed), is(loggedIn, parked, doubtful)},
		{SaidNo, is(unconfirmed), is(none, linkSent, loggingOut)},
		{StreamLost, is(loggedIn), is(parked)},
		{Idled, is(loggedIn, doubtful), is(parked)},
		{Restarted, is(loggedIn, doubtful), is(parked)},
		{Restarted, is(none, loggingOut), is(linkSent)},
		{Silence, is(loggedIn, parked), is(doubtful)},
		{Clock, is(loggedIn, parked), is(doubtful)},
		{Answered, is(doubtful), is(loggedIn, parked)},
		{ServersWord, login, is(none, linkSent, loggingOut)},
		{Usurped, login, is(none, linkSent, loggingOut)},
		{LoggedOut, known, is(none)},
		{LogoutWaits, anywhere, is(loggingOut)},
		{LogoutDone, is(loggingOut), is(none)},
		{Removed, known, is(none)},
		{Damaged, known, is(none)},
	}
}

// TestTheArrowsInTheDocs: the picture in docs/ARCHITECTURE.md draws every state, and no
// arrow that is not in the table.
func TestTheArrowsInTheDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]session.State{
		"None": none, "LinkSent": linkSent, "Unconfirmed": unconfirmed, "LoggedIn": loggedIn,
		"Parked": parked, "Doubtful": doubtful, "LoggingOut": loggingOut,
	}
	drawn := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ {4}(\w+) --> (\w+): `).FindAllStringSubmatch(string(page), -1) {
		from, known := states[m[1]]
		to, too := states[m[2]]
		if !known || !too || !slices.ContainsFunc(Arrows(), func(a Arrow) bool { return a.From == from && a.To == to }) {
			t.Errorf("the picture draws %s, which the table does not know", m[0])
		}
		drawn[m[1]], drawn[m[2]] = true, true
	}
	for name := range states {
		if !drawn[name] {
			t.Errorf("the picture does not draw %s", name)
		}
	}
}
