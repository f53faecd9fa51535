// Package dialog renders what is not figures: logins, status and warnings, help, settings,
// problems, the answers of tools, and the pages of operators.
package dialog

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// What two people read who logged in as one Kite user. It cannot be told whose
// account it is, so neither message names it, nor the other person.
const (
	accountUnknown = "I cannot tell whose account it is, so I have ended both logins here."
	atZerodha      = "<b>If that was not you</b>, first log out of all sessions at Zerodha and change your Kite password there; then log in here again. " +
		"If you opened a login link that another person sent you, that was the way in."
	bothMine = "If both Telegram accounts are yours, log in again from the one that you want to use."
)

// LoginRefused tells the person who logged in as a Kite user that was in use here.
func LoginRefused() view.Message {
	return accountInUse("⚠️ <b>Not logged in.</b>\nAnother Telegram account was logged in here to the same Kite account, and may have been reading it. " + accountUnknown + " Nothing was shown in this chat.")
}

// LoginContested tells the person whose login ended by that.
func LoginContested() view.Message {
	return accountInUse("⚠️ <b>Your login here has been ended.</b>\nAnother Telegram account has just logged in to the same Kite account. " + accountUnknown + " Nothing was shown there.")
}

// StatusContested answers /status until one of the two has logged in again.
func StatusContested() view.Message {
	return accountInUse("<b>Not logged in.</b>\nTwo Telegram accounts were logged in to the same Kite account, this one and another, which may have been reading it. " + accountUnknown)
}

func accountInUse(what string) view.Message {
	return view.Text(what+"\n\n"+atZerodha+"\n\n"+bothMine, logIn("Log in"))
}

// AfterContest stands on the login link that follows.
func AfterContest() string {
	return "Your last login here was ended, because another Telegram account logged in to the same Kite account. " +
		"If that was not you, first log out of all sessions at Zerodha and change your Kite password there."
}

// LoginLink is what the message with a login link says.
type LoginLink struct {
	URL     kite.Link
	Ref     string    // names the link in its Done button
	Until   time.Time // when the link dies
	Why     string    // a sentence before it, e.g. why a login is needed; "" for none
	Then    string    // the command that is answered after the login, e.g. "/holdings"; "" for none
	First   bool      // no login of this person is known
	Checked time.Time // when Kite was asked last and did not show the login; zero: not asked
	Silent  bool      // Kite did not answer at Checked
	Restart bool      // it can be begun anew: a cancelled one is not reported to us
	Paste   bool      // the last page does not load, and its address is to be sent here
}

// Message renders the link as a button. Its message is protected from
// forwarding: the person who opens the link binds an account to this chat.
func (l LoginLink) Message() view.Message {
	lines := []string{"<b>Log in to Kite</b>"}
	if l.Why != "" {
		lines = append(lines, view.Escape(l.Why))
	}
	lines = append(lines, "", l.steps()+l.then())
	lines = append(lines, "🔒 Only you may use this link"+l.orAddress()+". It works "+l.validity()+".")
	if l.First {
		lines = append(lines, "", "Never open a login link that another person sent you. "+AtYourOwnRisk)
	}
	if !l.Checked.IsZero() {
		lines = append(lines, "", "<i>"+view.ClockSeconds(l.Checked)+": "+l.found()+"</i>")
	}
	below := []view.Button{{Text: "Done", Data: "login:done:" + l.Ref}}
	if l.Restart {
		below = append(below, startAgain(""))
	}
	return view.Message{HTML: strings.Join(lines, "\n"), Protect: true, Buttons: [][]view.Button{{{Text: "Log in to Kite", URL: l.URL.Reveal(), Style: view.Primary}}, below}}
}

// validity says how long the link works. One that is shown again may be past what
// Kite's server promises, or the clock may have been set since.
func (l LoginLink) validity() string {
	if left := l.Until.Sub(l.Checked); l.Checked.IsZero() || left >= time.Minute && left <= longestLink {
		return "until " + view.ClockTime(l.Until) + " IST"
	}
	return untilLink(l.Until, l.Checked)
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
		return fmt.Sprintf("until %s IST (%d min left)", view.ClockTime(until), int(left.Minutes()))
	}
}

// longestLink is how long a link is shown, and a minute more.
const longestLink = 31 * time.Minute

// startAgain begins the login anew, for the command that waits for it. One that is
// too long for a button has to be sent again.
func startAgain(then string) view.Button {
	b := view.Button{Text: "Start again", Data: "login:restart"}
	if then != "" && len(b.Data)+1+len(then) <= view.MaxButtonData {
		b.Data += ":" + then
	}
	return b
}

// steps says what is to be done. The button leads to Zerodha's own page, since
// July 2026 past one that warns of AI apps.
func (l LoginLink) steps() string {
	opens := "The button opens Zerodha’s page."
	if l.URL.ShowsNotice() {
		opens += " If it warns of AI apps first, tap <b>Continue to Kite login</b>."
	}
	if !l.Paste {
		return opens + "\nCome back afterwards; if nothing happens, tap <b>Done</b>."
	}
	return "1. " + opens + " Log in.\n" +
		"2. The last page, at <b>127.0.0.1</b>, does not load: that is as it should be.\n" +
		"3. Send me its whole address. I delete your message at once."
}

// then says what comes after the login.
func (l LoginLink) then() string {
	if l.Then == "" {
		return ""
	}
	return " Then I answer " + view.Escape(l.Then) + "."
}

// orAddress widens the warning where an address is to be pasted.
func (l LoginLink) orAddress() string {
	if l.Paste {
		return "; send me no address but your own"
	}
	return ""
}

// found says what came of asking for the login.
func (l LoginLink) found() string {
	switch {
	case l.Silent:
		return "Kite is not answering just now. Your link stays good; tap Done again in a minute."
	case l.Paste:
		return "I do not have the address of the last page yet. Copy it and send it here."
	default:
		return "Kite does not show the login yet. If its page said that you are logged in, wait a moment; if not, log in there. Then tap Done again."
	}
}

// LinkMoved replaces a link message whose link was sent again further down.
func LinkMoved() view.Message {
	return view.Text("The login link is in a newer message below.")
}

// LinkDead replaces the message of a link that can no longer be finished.
func LinkDead() view.Message {
	return view.Text("This login link no longer works.", logIn("New link"))
}

// Login is what messages say of a login.
type Login struct {
	User          kite.Identity
	Since         time.Time // when it was noticed
	Until         time.Time // about when it will be over
	Now           time.Time
	OneConnection bool // it would not survive a dropped connection
	// Unended: Kite has not confirmed the end of a session of before. EndWaits:
	// it is not asked to until the person says so.
	Unended, EndWaits bool
}

// line says who is logged in, and until when.
func (l Login) line() string {
	return fmt.Sprintf("Logged in as <b>%s</b> (%s) · %s", view.Safe(l.User.Name), view.Escape(l.User.UserID), l.until())
}

// until names the end of the login and how far away it is.
func (l Login) until() string {
	about := "until about " + view.ClockTime(l.Until) + " IST"
	switch left := l.Until.Sub(l.Now); {
	case left <= 0:
		return "past its time, " + view.ClockTime(l.Until) + " IST: Kite may end it at any moment"
	case left < time.Hour:
		return fmt.Sprintf("%s (%d min left)", about, minutesTo(l.Until, l.Now))
	case left > 24*time.Hour: // no login lasts so long: the clock was set back
		return about
	default:
		return fmt.Sprintf("%s (%d h left)", about, int(left.Round(time.Hour).Hours()))
	}
}

// minutesTo counts the minutes that are left, rounded up: 29 min 59 s are 30.
func minutesTo(until, now time.Time) int {
	return int((until.Sub(now) + time.Minute - 1) / time.Minute)
}

// LoggedIn replaces the link message once the login is through. follows: the
// answer to a command comes next.
func (l Login) LoggedIn(follows bool) view.Message {
	m := view.Text("✅ " + l.line() + l.earlier())
	if !follows {
		m.Buttons = Home()
	}
	return l.endEarlier(m)
}

// earlier says that a session of before is still open; "" when none is known to be.
func (l Login) earlier() string {
	switch {
	case l.EndWaits:
		return "\n\n⚠️ <b>An earlier session of yours may still be open at Kite.</b> It was to be ended, but Kite has not confirmed that: a copy of its login link may still open your account. " +
			"I do not ask Kite again by myself, because that may end this login too. If you want the earlier one ended, press the button below; if you are logged out by that, log in once more."
	case l.Unended:
		return logoutPending
	default:
		return ""
	}
}

// logoutPending says that a logout is still being tried.
const logoutPending = "\n\nAn earlier session of yours may still be open at Kite, which has not confirmed its end yet. I keep trying."

// endEarlier adds the button that ends it.
func (l Login) endEarlier(m view.Message) view.Message {
	if l.EndWaits {
		m.Buttons = append([][]view.Button{{{Text: "End the earlier session", Data: "logout:earlier", Style: view.Danger}}}, m.Buttons...)
	}
	return m
}

// EarlierEnded says above m that Kite has confirmed the end of a session of before.
func EarlierEnded(m view.Message) view.Message {
	m.HTML = "<b>The earlier session has been ended.</b>\n\n" + m.HTML
	return m
}

// Already answers /login of a person who is logged in.
func (l Login) Already() view.Message {
	return l.endEarlier(view.Text(l.line()+"\n\nYou need not log in again. To use another account, log out first."+l.earlier(), view.Button{Text: "Log out", Data: "logout:ask", Style: view.Danger}))
}

// AskOtherAccount asks whether another Kite user than last time is the person's own.
func AskOtherAccount(user, last kite.Identity) view.Message {
	return view.Message{
		HTML: fmt.Sprintf("<b>Another Kite account logged in</b>\nNow it is <b>%s</b> (%s). Last time it was %s (%s).\n\nIs this account yours, and shall I show it here? I show nothing of it before you answer.",
			view.Safe(user.Name), view.Escape(user.UserID), view.Safe(last.Name), view.Escape(last.UserID)),
		Protect: true,
		Buttons: [][]view.Button{
			{{Text: "Yes, use " + user.UserID, Data: "login:use:" + user.UserID, Style: view.Primary}},
			{{Text: "No, log it out", Data: "login:drop:" + user.UserID, Style: view.Danger}},
		},
	}
}

// OtherAccountDropped tells that a changed account was turned away. byOAuth: its login was
// made by OAuth.
func OtherAccountDropped(user kite.Identity, byOAuth bool) view.Message {
	where := "at Kite"
	if byOAuth {
		where = "of Kite’s server for apps like me"
	}
	return view.Text(fmt.Sprintf("I turned %s away and am logging it out %s. Nothing of it was shown.", view.Escape(user.UserID), where), logIn("Log in"))
}

// LoginTakenOver tells that another account answered on the person's session.
func LoginTakenOver(was, now kite.Identity) view.Message {
	return view.Text(fmt.Sprintf("⚠️ <b>Your login was taken over.</b>\nThe login link was used a second time, as %s instead of %s. I noticed before showing anything and ended that session.\n\n"+
		"Your own login may stay open at Kite until about 06:00 IST: to end it, log out of all sessions at Zerodha. Never pass a login link on.",
		view.Escape(now.UserID), view.Escape(was.UserID)), logIn("Log in again"))
}
