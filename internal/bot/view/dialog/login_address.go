package dialog

import (
	"fmt"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// The answers to the address at which a login by OAuth ended.

// startAgainMessage offers to begin the login anew; then is the command that waits for it,
// as a button or a message said it.
func startAgainMessage(text, then string) view.Message {
	return view.Message{HTML: text, Buttons: [][]view.Button{{startAgain(then)}}}
}

// PasteIncomplete tells that an address does not hold what it should.
func PasteIncomplete() view.Message {
	return startAgainMessage("<b>That address is not complete.</b>\nI need all of it, from the address bar of the page that does not load: it holds <code>code=</code> and <code>state=</code>, once each.", "")
}

// PasteNotLast says that an address is from a page before the last.
func PasteNotLast() view.Message {
	return startAgainMessage("<b>That is not the last page yet.</b>\nGo on in the browser: tap <b>Continue to Kite login</b>, log in, and send me the address of the page that does not load, at <b>127.0.0.1</b>. I did not use this one.", "")
}

// PasteStrange answers an address of a login that the person was not asked for.
func PasteStrange() view.Message {
	return view.Text("<b>I deleted that address and did not use it.</b>\nIt can be a key to a login: send yours to no one, and never open a login link that another person sent you. To log in, begin with /login.", logIn("Log in"))
}

// PasteTooFast tells that an address was not used, since there was too much before it.
func PasteTooFast() view.Message {
	return view.Text("That is a lot at once. I deleted your message with the address and did not use it: please send the address again in a moment.")
}

// PasteUnasked tells that no login is under way.
func PasteUnasked() view.Message {
	return view.Text("<b>I am not waiting for an address.</b>\nBegin with /login: it says what to do. Each address works once.", logIn("Log in"))
}

// PasteUsed tells that the login is made already.
func PasteUsed(user kite.Identity) view.Message {
	return view.Text(fmt.Sprintf("You are logged in already, as <b>%s</b> (%s). You need not send that address again.", view.Escape(user.Name), view.Escape(user.UserID)))
}

// PasteOther tells that an address belongs to another attempt than the newest.
func PasteOther() view.Message {
	return startAgainMessage("<b>That address is not from your newest login link</b>, or it was cut off on the way.\nNothing was sent to Kite. Open the newest link above and send me the whole address of the page you end up on, or start again.", "")
}

// PasteTwice tells that another address was sent for this attempt before.
func PasteTwice() view.Message {
	return startAgainMessage("<b>You sent an address for this link before.</b>\nEach link takes one address, so I did not send this one to Kite. Start again to use another account.", "")
}

// PasteRefused tells that the server does not take the code.
func PasteRefused(then string) view.Message {
	return startAgainMessage("<b>Kite did not accept that address.</b>\nIt works for ten minutes after you log in, and only once. Please start again.", then)
}

// PasteLost tells that it is not known what became of the code.
func PasteLost(then string) view.Message {
	return startAgainMessage("<b>Kite did not answer.</b>\nThe address works once, and it may be used up. Please start again in a minute.", then)
}

// LoginUnread tells that the login is made, and who logged in is not known yet.
func LoginUnread() view.Message {
	return startAgainMessage("<b>Your login went through.</b>\nKite does not say yet who logged in. I keep asking and will tell you.", "")
}

// PasteStays asks the person to delete the message that could not be deleted.
func PasteStays() view.Message {
	return view.Text("I could not delete your message with the address. Please delete it yourself.")
}

// LoginCrowded tells that a login had no turn, and when to try again.
func LoginCrowded(until time.Time) view.Message {
	return startAgainMessage(fmt.Sprintf("<b>Too many logins are under way.</b>\nKite’s server accepts few from this bot at a time, so I did not send yours. Please start again at about %s IST.", view.ClockTime(until.Add(time.Minute))), "")
}

// LoginQueued tells when a login has its turn; the zero time: it is its turn.
func LoginQueued(until time.Time) view.Message {
	if until.IsZero() {
		return view.Text("<b>Your login is under way.</b>\nKite’s server has the address. I will tell you as soon as it answers.")
	}
	return view.Text(fmt.Sprintf("<b>Your login waits for its turn.</b>\nKite’s server accepts one login every 12 seconds from this bot. Your turn comes at about %s IST. I will continue by myself and tell you.", view.ClockSeconds(until)))
}
