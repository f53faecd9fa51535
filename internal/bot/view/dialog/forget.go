package dialog

import (
	"fmt"

	"kitebot/internal/bot/view"
)

// AskForget asks before everything that is known of a person is erased.
func AskForget() view.Message {
	return view.Message{
		HTML: "<b>Forget everything?</b>\nI log you out at Kite and erase all I know about you: your login, your settings, your watch list and the symbols I remembered. That cannot be undone.",
		Buttons: [][]view.Button{
			{{Text: "Forget everything", Data: "forget:yes", Style: view.Danger}},
			{{Text: "Cancel", Data: "forget:no"}},
		},
	}
}

// NothingErased answers a person who cancels /forget.
func NothingErased() view.Message { return view.Text("Nothing was erased.") }

// ForgottenView is what was erased of a person.
type ForgottenView struct {
	User      string // Kite user id of the login that was ended; "" for none
	Link      bool   // a login link was out
	Ending    bool   // Kite has not confirmed yet that the login is over
	Settings  bool
	Watched   int  // symbols of the watch list
	Picked    int  // symbols picked among several
	Approved  bool // an operator had let them in
	Waiting   bool // they waited to be let in
	StillIn   bool // they may use the bot all the same
	LastLogin bool // which Kite account was used last
}

// Forgotten says what was erased, what stays and what is yet to be erased.
func Forgotten(v ForgottenView) view.Message {
	var s view.Sheet
	switch erased := v.erased(); {
	case erased != nil:
		s.Say("<b>Forgotten.</b>", "I have erased:")
		s.Under(erased...)
	case v.Ending:
		s.Say("<b>Everything is forgotten except one login.</b>")
	default:
		s.Say("<b>There was nothing to forget.</b>", "I kept nothing about you.")
	}
	if v.Ending {
		yet := "<b>Not erased yet:</b> Kite has not confirmed that the login is over. Until then I keep that session’s key, encrypted, only to end it, and keep trying. After that it is erased too"
		if v.StillIn {
			yet += ", and I will tell you"
		}
		s.Say(yet + ".")
	}
	s.Say("<b>What stays:</b> the messages in this chat. Delete the chat to remove them. " +
		"I also keep the numbers of the updates I answered; they identify no one.")
	if v.StillIn {
		s.Say("/start to begin again.")
	} else {
		s.Say("To use this bot, ask to be let in: /start.")
	}
	return s.Message(false, nil)
}

// erased lists what was there.
func (v ForgottenView) erased() []string {
	var lines []string
	add := func(there bool, what string) {
		if there {
			lines = append(lines, "• "+what)
		}
	}
	switch {
	case v.User != "" && v.Ending:
		lines = append(lines, fmt.Sprintf("• your login as %s", view.Escape(v.User)))
	case v.User != "":
		lines = append(lines, fmt.Sprintf("• your login as %s, also ended at Kite", view.Escape(v.User)))
	}
	add(v.Link, "your login link")
	add(v.LastLogin, "the Kite account you used last")
	add(v.Settings, "your settings")
	add(v.Watched > 0, "your watch list of "+view.Plural(v.Watched, "symbol", "symbols"))
	add(v.Picked > 0, view.Plural(v.Picked, "remembered symbol", "remembered symbols"))
	add(v.Approved, "an operator’s approval to use this bot")
	add(v.Waiting, "your request to be let in")
	return lines
}
