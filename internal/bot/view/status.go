package view

import (
	"fmt"
	"html"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
	"kitebot/internal/market"
)

// ProbablyOver says that a login does not answer after its time.
func ProbablyOver() string {
	return "Your login is probably over: Kite ends logins at about 06:00 IST, and after 12 hours."
}

// Unreached says that no server takes questions for a login that it may still know.
func Unreached() string {
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

// Status answers /status of somebody who is logged in. silent says that Kite
// did not answer when it was asked for this reply.
func (l Login) Status(silent bool) Message {
	text := fmt.Sprintf("<b>Logged in</b> as <b>%s</b> (%s)\nSince %s IST\n%s",
		outside(l.User.Name), html.EscapeString(l.User.UserID), dayTime(l.Since), capital(l.until()))
	if silent {
		text += "\n\nKite is not answering just now, or the login has ended: I cannot tell which. I keep the login."
	} else {
		text += fmt.Sprintf("\n\nKite answered at %s IST.", clockSeconds(l.Now))
	}
	if l.Lonely {
		text += " This login lives on one open connection: if that drops, you will have to log in again."
	}
	m := Message{HTML: text + l.earlier(), Buttons: [][]Button{{{Text: "Refresh", Data: "status:again"}, {Text: "Log out", Data: "logout:ask", Style: Danger}}}}
	if silent {
		m.Buttons = [][]Button{{{Text: "Try again", Data: "status:again"}, {Text: "Log in", Data: "login:new"}}}
	}
	return l.endEarlier(m)
}

// StatusNone answers /status of somebody who is not logged in.
func StatusNone() Message {
	return Message{
		HTML:    "<b>Not logged in.</b>\nI have no login of yours.",
		Buttons: [][]Button{{{Text: "Log in", Data: "login:run", Style: Primary}}},
	}
}

// StatusLink answers /status while a login link is out. open: Kite has not
// confirmed the end of a session of before.
func StatusLink(until, now time.Time, open bool) Message {
	m := Message{
		HTML:    "<b>Not logged in yet.</b>\nA login link is waiting for you; it works " + untilLink(until, now) + ".",
		Buttons: [][]Button{{{Text: "Show the link", Data: "login:run", Style: Primary}}},
	}
	if open {
		m.HTML += unended
	}
	return m
}

// untilLink says how long a login link works. What Kite's server allows beyond
// what it promises is not counted in minutes.
func untilLink(until, now time.Time) string {
	switch left := until.Sub(now); {
	case left < time.Minute:
		return "for a few more minutes at most"
	case left > longestLink: // the clock was set back
		return "for half an hour at most"
	default:
		return fmt.Sprintf("until %s IST (%d min left)", clockTime(until), int(left.Minutes()))
	}
}

// longestLink is how long a link is shown, and a minute more.
const longestLink = 31 * time.Minute

// AskLogout asks before a button logs a person out.
func AskLogout() Message {
	return Message{
		HTML: "<b>Log out?</b>\nI end your login and forget it.",
		Buttons: [][]Button{
			{{Text: "Yes, log out", Data: "logout:yes", Style: Danger}},
			{{Text: "Cancel", Data: "logout:no"}},
		},
	}
}

// KeptIn answers a person who does not want to log out after all.
func KeptIn() Message { return Message{HTML: "I did not log you out."} }

// LoggingOut tells that a logout waits for Kite.
func LoggingOut() Message {
	return Message{
		HTML:    "<b>Logging out.</b>\nI have forgotten your login, but Kite does not answer, so it may still be open over there. I keep trying and tell you when it is done.",
		Buttons: [][]Button{{{Text: "Try now", Data: "logout:retry"}}},
	}
}

// LoggedOut tells that a logout is through. byOAuth says how the login was made:
// Kite itself is not told of the end of such a one.
func LoggedOut(user kite.Identity, byOAuth bool) Message {
	who, is := "You", "are"
	if !user.IsZero() {
		who, is = html.EscapeString(user.UserID), "is"
	}
	if byOAuth {
		return Message{
			HTML: fmt.Sprintf("<b>%s %s logged out</b> of Kite’s server for apps like me, and I have forgotten the key.\n\n"+
				"Kite itself is not told: its part of the login ends by itself at about 06:00 IST, or when you revoke the app at Zerodha. Messages already in this chat stay: delete them if you like.", who, is),
			Buttons: [][]Button{{{Text: "Log in again", Data: "login:run"}}},
		}
	}
	who += " " + is + " logged out at Kite"
	return Message{
		HTML:    "<b>" + who + "</b>, and I have forgotten the login.\n\nOther programs using the same Kite login may be logged out too. Messages already in this chat stay: delete them if you like.",
		Buttons: [][]Button{{{Text: "Log in again", Data: "login:run"}}},
	}
}

// LinkCancelled answers /logout of somebody who had only a login link.
func LinkCancelled() Message {
	return Message{HTML: "You were not logged in. I have cancelled the login link."}
}

// NothingToLogOut answers /logout of somebody who has no login.
func NothingToLogOut() Message {
	return Message{HTML: "You are not logged in: there is nothing to log out of."}
}

// EndingSoon warns of the end of a login, by the clock: only the server knows.
type EndingSoon struct{ Until, Now time.Time }

// Message renders the warning. It makes no sound at night.
func (e EndingSoon) Message() Message {
	return Message{
		HTML: fmt.Sprintf("<b>Your Kite login ends at about %s</b> (in %d min).\nThat is my estimate; Kite has the last word. You can log in again now: until that is done, this login stays.",
			clockTime(e.Until), minutesTo(e.Until, e.Now)),
		Silent: isNight(e.Now),
		Buttons: [][]Button{
			{{Text: "Log in again", Data: "login:new", Style: Primary}},
			{{Text: "Don’t warn me", Data: "settings:nowarning"}},
		},
	}
}

// NoMoreWarnings answers somebody who does not want to be warned. until is when
// the present login ends; zero without one.
func NoMoreWarnings(until time.Time) Message {
	m := Message{
		HTML:    "<b>I will not warn you any more</b> before a login ends. /settings changes that.",
		Buttons: [][]Button{{{Text: "Warn me again", Data: "settings:warnings:on"}}},
	}
	if !until.IsZero() {
		m.HTML += fmt.Sprintf("\n\nYour present login ends at about %s IST.", clockTime(until))
		m.Buttons = append([][]Button{{{Text: "Log in again", Data: "login:new", Style: Primary}}}, m.Buttons...)
	}
	return m
}

// minutesTo counts the minutes that are left, rounded up: 29 min 59 s are 30.
func minutesTo(until, now time.Time) int {
	return int((until.Sub(now) + time.Minute - 1) / time.Minute)
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
