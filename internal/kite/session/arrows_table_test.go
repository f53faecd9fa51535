package session

// Arrow is a way from one state to another, and what takes a person along it.
// Staying in a state is no arrow.
type Arrow struct {
	From, To State
	By       Cause
}

// Cause is what takes a person from one state to another.
type Cause int

// The causes. What becomes of a login is up to the server alone; of ours there
// are only the person's own wishes, and three refusals to show another's money.
const (
	LinkGiven   Cause = iota + 1 // Pool.Link
	Finished                     // a link was finished in the browser
	FinishedNew                  // the same, by another Kite user than last time
	LinkDied                     // by its age, or because the server forgot it
	Refused                      // the Kite user is another person's
	Contested                    // another person logged in as the Kite user
	SaidYes                      // Pool.Confirm
	SaidNo                       // Pool.Confirm
	StreamLost                   // noticed, or given up
	Idled                        // parked, since nobody asked for a while
	Restarted                    // a new process over the same file
	Silence                      // the account does not answer
	Clock                        // Login.Until has passed
	Answered                     // the account answers again
	ServersWord                  // the server says that the session is over
	Usurped                      // another Kite user answered
	LoggedOut                    // Pool.Logout, and the server said so
	LogoutWaits                  // Pool.Logout, and the server did not
	LogoutDone                   // what waited is through
	Removed                      // Pool.Remove
	Damaged                      // the record cannot be read any more
)

var causeWords = [...]struct{ name, what string }{
	LinkGiven:   {"link given", "`Pool.Link`: /login, or a command that needs a login (`offerLogin`)"},
	Finished:    {"finished", "watcher, Done, or the code of a login by OAuth (`exchange`): `tryLink`, `bind`, `saveLogin`. Logged in while the link's stream is open, else parked. Also after the link's time, if Kite was silent meanwhile. A login before it lapses, without a DELETE. A logout that waits is kept: it goes on where the Kite user is another one, else the person is told (`Record.mustWait`)"},
	FinishedNew: {"finished by another", "`saveLogin`: another Kite user than `Record.Last`"},
	LinkDied:    {"link died", "`expireLink`: 36 min old (45 by OAuth) by the clock of one process, or the server forgot it, or its code was refused or lost; a logout may still wait"},
	Refused:     {"refused", "`contest`: the Kite user is another person's; the sessions of both are ended, both are told. A logout may still wait"},
	Contested:   {"contested", "`contest`: another person logged in as the Kite user; the sessions of both are ended, both are told, and who logs in anew gets the Kite user. A logout may still wait"},
	SaidYes:     {"said yes", "`Pool.Confirm`, yes; doubtful if it came after `Login.Until`"},
	SaidNo:      {"said no", "`Pool.Confirm`, no: the session is ended; another link may be out, or a logout of before still wait"},
	StreamLost:  {"stream lost", "cut, silent for 40 s, or left for `/mcp` because it swallowed a call (`callSession`)"},
	Idled:       {"idled", "`park`: nothing asked for `Timing.Idle`, and the session can be resumed. A doubt is forgotten with it. The next command resumes the session"},
	Restarted:   {"restarted", "a new process: no stream is open, and a silence of before is forgotten. How old a link of before is, is not known any more"},
	Silence:     {"silence", "`probe`: `get_profile` fails again and again"},
	Clock:       {"clock", "`Login.Until` has passed: a doubt, never an end"},
	Answered:    {"answered", "`verifyUser` gets an answer, before `Login.Until`"},
	ServersWord: {"server's word", "`ended`: 404 in the server's words, or 400 \"Invalid session ID\" with no stream open; by OAuth 401 or the words of a tool; a stream lost at a server without /mcp; also when another person logs in as that Kite user after `Login.Until` (`freeKiteUser`). A link may be out, or a logout of before still wait"},
	Usurped:     {"usurped", "`usurped`: another Kite user answered on the session; it is ended before anything is shown. A link may be out, or a logout of before still wait"},
	LoggedOut:   {"logged out", "`Pool.Logout`: DELETE for each session held, `session logout` for each bearer, and the server said so"},
	LogoutWaits: {"logout waits", "`Pool.Logout` while Kite does not confirm; tried again for as long as the server could remember the session, and before a new link"},
	LogoutDone:  {"logout done", "the DELETE came through, or failed once the server had forgotten the session (`forgottenByServer`: 12.5 h, of which a process counts those that it has seen)"},
	Removed:     {"removed", "`Pool.Remove`: as a logout, but nothing is told any more; what Kite does not confirm is tried further in silence"},
	Damaged:     {"damaged", "`ErrRecordDamaged` at a start: the login cannot be found again, the server keeps it until it ends"},
}

// String names the cause in two or three words.
func (c Cause) String() string { return causeWords[c].name }

// What says in a sentence what happens, with the names of the code.
func (c Cause) What() string { return causeWords[c].what }

// Arrows returns every way from one state to another that there is. The state
// is derived, not moved along these arrows (ADR 0004); the table is the promise
// of what the derivation can come to, and tests hold every change to it.
func Arrows() []Arrow {
	var all []Arrow
	for _, w := range ways() {
		for _, from := range w.from {
			for _, to := range w.to {
				if from != to {
					all = append(all, Arrow{From: from, To: to, By: w.by})
				}
			}
		}
	}
	return all
}

// way stands for the arrows from each of its states to each other one.
type way struct {
	by       Cause
	from, to []State
}

// ways is the table.
func ways() []way {
	login := []State{Unconfirmed, LoggedIn, Parked, Doubtful}
	known := append([]State{LinkSent, LoggingOut}, login...)
	anywhere := append([]State{None}, known...)
	is := func(s ...State) []State { return s }
	return []way{
		{LinkGiven, is(None, LoggingOut), is(LinkSent)},
		{Finished, anywhere, is(LoggedIn, Parked)},
		{FinishedNew, is(None, LinkSent, LoggedIn, Parked, Doubtful), is(Unconfirmed)}, // a logout forgets the last user
		{LinkDied, is(LinkSent), is(None, LoggingOut)},
		{Refused, is(LinkSent), is(None, LoggingOut)},
		{Contested, login, is(None, LoggingOut)},
		{SaidYes, is(Unconfirmed), is(LoggedIn, Parked, Doubtful)},
		{SaidNo, is(Unconfirmed), is(None, LinkSent, LoggingOut)},
		{StreamLost, is(LoggedIn), is(Parked)},
		{Idled, is(LoggedIn, Doubtful), is(Parked)},
		{Restarted, is(LoggedIn, Doubtful), is(Parked)},
		{Restarted, is(None, LoggingOut), is(LinkSent)},
		{Silence, is(LoggedIn, Parked), is(Doubtful)},
		{Clock, is(LoggedIn, Parked), is(Doubtful)},
		{Answered, is(Doubtful), is(LoggedIn, Parked)},
		{ServersWord, login, is(None, LinkSent, LoggingOut)},
		{Usurped, login, is(None, LinkSent, LoggingOut)},
		{LoggedOut, known, is(None)},
		{LogoutWaits, anywhere, is(LoggingOut)},
		{LogoutDone, is(LoggingOut), is(None)},
		{Removed, known, is(None)},
		{Damaged, known, is(None)},
	}
}
