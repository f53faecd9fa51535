package view

// What two people are told who logged in as one Kite user. It cannot be told whose
// account it is, so neither message names it, nor the other person.
const (
	notTold   = "I cannot tell whose account it is, so I have ended both logins here."
	atZerodha = "<b>If that was not you</b>, first log out of all sessions at Zerodha and change your Kite password there; then log in here again. " +
		"If you opened a login link that another person sent you, that was the way in."
	bothMine = "If both Telegram accounts are yours, log in again from the one that you want to use."
)

// Refused tells the person who logged in as a Kite user that was in use here.
func Refused() Message {
	return contest("⚠️ <b>Not logged in.</b>\nAnother Telegram account was logged in here to the same Kite account, and may have been reading it. " + notTold + " Nothing was shown in this chat.")
}

// Contested tells the person whose login ended by that.
func Contested() Message {
	return contest("⚠️ <b>Your login here has been ended.</b>\nAnother Telegram account has just logged in to the same Kite account. " + notTold + " Nothing was shown there.")
}

// StatusContested answers /status until one of the two has logged in again.
func StatusContested() Message {
	return contest("<b>Not logged in.</b>\nTwo Telegram accounts were logged in to the same Kite account, this one and another, which may have been reading it. " + notTold)
}

func contest(what string) Message {
	return Message{
		HTML:    what + "\n\n" + atZerodha + "\n\n" + bothMine,
		Buttons: [][]Button{{{Text: "Log in", Data: "login:run", Style: Primary}}},
	}
}

// AfterContest stands on the login link that follows.
func AfterContest() string {
	return "Your last login here was ended, because another Telegram account logged in to the same Kite account. " +
		"If that was not you, first log out of all sessions at Zerodha and change your Kite password there."
}
