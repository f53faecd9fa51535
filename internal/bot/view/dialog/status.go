package dialog

import (
	"fmt"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
	"kitebot/internal/market"
)

// ProbablyOver says that a login does not answer after its time.
func ProbablyOver() string {
	return "Your login is probably over: Kite ends logins at about 06:00 IST, and after 12 hours."
}

// LoginUnreachable says that no server takes questions for a login that it may still know.
func LoginUnreachable() string {
	return "Kite’s server no longer accepts requests for your login. I keep it until you have another one."
}

// EndedBecause says in a sentence why a login is over.
func EndedBecause(why wire.Ending) string {
	switch why {
	case wire.EndCutOff:
		return "Kite has ended your login, as it does every morning at about 06:00 IST."
	case wire.EndExpired:
		return "Your login has run out: Kite’s server keeps one for a day at most."
	case wire.EndLost:
		return "Kite’s server no longer knows your login: it was restarted, or you logged out in another app."
	case wire.EndSwitched:
		return "Kite’s server has a new way of logging in, so please log in once more."
	default:
		return "Your login at Kite has ended; that happens every morning at the latest."
	}
}

// Status answers /status of a person who is logged in. silent says that Kite
// did not answer when it was asked for this reply.
func (l Login) Status(silent bool) view.Message {
	text := fmt.Sprintf("<b>Logged in</b> as <b>%s</b> (%s)\nSince %s IST\n%s",
		view.Safe(l.User.Name), view.Escape(l.User.UserID), view.DayTime(l.Since), view.Capital(l.until()))
	if silent {
		text += "\n\nKite is not answering just now, or the login has ended: I cannot tell which. I keep the login."
	} else {
		text += fmt.Sprintf("\n\nKite answered at %s IST.", view.ClockSeconds(l.Now))
	}
	if l.OneConnection {
		text += " This login lives on one open connection: if that drops, you will have to log in again."
	}
	m := view.Message{HTML: text + l.earlier(), Buttons: [][]view.Button{{{Text: "Refresh", Data: "status:again"}, {Text: "Log out", Data: "logout:ask", Style: view.Danger}}}}
	if silent {
		m.Buttons = [][]view.Button{{{Text: "Try again", Data: "status:again"}, {Text: "Log in", Data: "login:new"}}}
	}
	return l.endEarlier(m)
}

// StatusNone answers /status of a person who is not logged in.
func StatusNone() view.Message {
	return view.Text("<b>Not logged in.</b>\nI have no login of yours.", logIn("Log in"))
}

// StatusLink answers /status while a login link is out. open: Kite has not
// confirmed the end of a session of before.
func StatusLink(until, now time.Time, open bool) view.Message {
	m := view.Text("<b>Not logged in yet.</b>\nA login link is waiting for you; it works "+untilLink(until, now)+".", logIn("Show the link"))
	if open {
		m.HTML += logoutPending
	}
	return m
}

// AskLogout asks before a button logs a person out.
func AskLogout() view.Message {
	return view.Message{
		HTML: "<b>Log out?</b>\nI end your login and forget it.",
		Buttons: [][]view.Button{
			{{Text: "Yes, log out", Data: "logout:yes", Style: view.Danger}},
			{{Text: "Cancel", Data: "logout:no"}},
		},
	}
}

// NotLoggedOut answers a person who does not want to log out after all.
func NotLoggedOut() view.Message { return view.Text("I did not log you out.") }

// LoggingOut tells that a logout waits for Kite.
func LoggingOut() view.Message {
	return view.Text("<b>Logging out.</b>\nI have forgotten your login, but Kite does not answer, so it may still be open over there. I keep trying and tell you when it is done.", view.Press("Try now", "logout:retry"))
}

// LoggedOut tells that a logout is through. byOAuth says how the login was made:
// Kite itself does not learn of the end of such a one.
func LoggedOut(user kite.Identity, byOAuth bool) view.Message {
	who, is := "You", "are"
	if !user.IsZero() {
		who, is = view.Escape(user.UserID), "is"
	}
	if byOAuth {
		return view.Text(fmt.Sprintf("<b>%s %s logged out</b> of Kite’s server for apps like me, and I have forgotten the key.\n\n"+
			"Kite itself is not told: its part of the login ends by itself at about 06:00 IST, or when you revoke the app at Zerodha. Messages already in this chat stay: delete them if you like.", who, is), view.Press("Log in again", "login:run"))
	}
	who += " " + is + " logged out at Kite"
	return view.Text("<b>"+who+"</b>, and I have forgotten the login.\n\nOther programs using the same Kite login may be logged out too. Messages already in this chat stay: delete them if you like.", view.Press("Log in again", "login:run"))
}

// LinkCancelled answers /logout of a person who had only a login link.
func LinkCancelled() view.Message {
	return view.Text("You were not logged in. I have cancelled the login link.")
}

// NothingToLogOut answers /logout of a person who has no login.
func NothingToLogOut() view.Message {
	return view.Text("You are not logged in: there is nothing to log out of.")
}

// EndingSoon warns of the end of a login, by the clock: only the server knows.
type EndingSoon struct{ Until, Now time.Time }

// Message renders the warning. It makes no sound at night.
func (e EndingSoon) Message() view.Message {
	return view.Message{
		HTML: fmt.Sprintf("<b>Your Kite login ends at about %s</b> (in %d min).\nThat is my estimate; Kite has the last word. You can log in again now: until that is done, this login stays.",
			view.ClockTime(e.Until), minutesTo(e.Until, e.Now)),
		Silent: isNight(e.Now),
		Buttons: [][]view.Button{
			{{Text: "Log in again", Data: "login:new", Style: view.Primary}},
			{{Text: "Don’t warn me", Data: "settings:nowarning"}},
		},
	}
}

// NoMoreWarnings answers a person who does not want to be warned. until is when
// the present login ends; zero without one.
func NoMoreWarnings(until time.Time) view.Message {
	m := view.Text("<b>I will not warn you any more</b> before a login ends. /settings changes that.", view.Press("Warn me again", "settings:warnings:on"))
	if !until.IsZero() {
		m.HTML += fmt.Sprintf("\n\nYour present login ends at about %s IST.", view.ClockTime(until))
		m.Buttons = append([][]view.Button{{{Text: "Log in again", Data: "login:new", Style: view.Primary}}}, m.Buttons...)
	}
	return m
}

// Between these hours in India people are asleep.
const (
	nightBegins = 22
	nightEnds   = 8
)

func isNight(t time.Time) bool {
	hour := t.In(market.IST()).Hour()
	return hour >= nightBegins || hour < nightEnds
}
