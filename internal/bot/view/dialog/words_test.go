package dialog_test

import (
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// The messages around a login, the words for people who are not let in, and the
// words for what goes wrong. Names from outside are as awkward as they can be.
func TestWordsGolden(t *testing.T) {
	user := kite.Identity{UserID: "MK4021", Name: "Meera <Krishnan> & Sons"}
	other := kite.Identity{UserID: "AD7730", Name: "Arjun"}
	link := dialog.LoginLink{
		URL: kite.RestoreLink("https://kite.zerodha.com/connect/login?api_key=kitemcp"), Ref: "SAMPLE", Until: noon().Add(30 * time.Minute),
	}
	asked, checked, silent, today, first := link, link, link, link, link
	first.First = true
	paste := link
	paste.URL = kite.RestoreLink("https://mcp.kite.trade/authorize?client_id=sample")
	paste.Restart, paste.Paste = true, true
	asked2, browser := paste, paste
	asked2.Why, asked2.Then, asked2.Checked = dialog.EndedBecause(wire.EndSwitched), "/holdings", noon()
	browser.Paste = false
	today.URL = kite.RestoreLink("https://mcp.kite.trade/authorize?session_id=sample")
	asked.Why, asked.Then = "You are not logged in yet.", "/holdings"
	checked.Checked = noon()
	ahead := checked // the clock was set back since
	ahead.Until = noon().Add(90 * time.Minute)
	tardy := checked
	tardy.Until = noon().Add(-2 * time.Minute)
	silent.Checked, silent.Silent = noon(), true
	in := dialog.Login{User: user, Since: noon().Add(-time.Hour), Until: noon().Add(8 * time.Hour), Now: noon()}
	late, lonely := in, in
	late.Until, lonely.OneConnection = noon().Add(-time.Hour), true
	back := in
	back.Until = noon().Add(37 * time.Hour)
	waits, tries := in, in
	waits.Unended, waits.EndWaits, tries.Unended = true, true, true
	goldens(t, map[string]view.Message{
		"login_link": link.Message(), "login_link_first": first.Message(), "login_link_today": today.Message(), "login_oauth_paste": paste.Message(), "login_oauth_paste_checked": asked2.Message(), "login_oauth": browser.Message(),
		"login_paste_incomplete": dialog.PasteIncomplete(), "login_paste_unasked": dialog.PasteUnasked(), "login_paste_used": dialog.PasteUsed(user), "login_paste_other": dialog.PasteOther(),
		"login_paste_twice": dialog.PasteTwice(), "login_paste_refused": dialog.PasteRefused("/holdings"), "login_paste_lost": dialog.PasteLost(""), "login_paste_not_last": dialog.PasteNotLast(), "login_paste_too_fast": dialog.PasteTooFast(), "login_paste_strange": dialog.PasteStrange(), "login_being_made": dialog.LoginQueued(time.Time{}), "login_paste_stays": dialog.PasteStays(),
		"login_queued": dialog.LoginQueued(noon().Add(24 * time.Second)), "login_unread": dialog.LoginUnread(), "login_crowded": dialog.LoginCrowded(noon().Add(200 * time.Second)), "status_link_late": dialog.StatusLink(noon().Add(-2*time.Minute), noon(), false),
		"login_link_asked_for": asked.Message(), "login_too_early": checked.Message(), "login_late": tardy.Message(), "login_ahead": ahead.Message(), "status_ahead": back.Status(false), "status_link_ahead": dialog.StatusLink(noon().Add(25*time.Hour), noon(), false), "login_kite_silent": silent.Message(),
		"login_moved": dialog.LinkMoved(), "login_dead": dialog.LinkDead(), "login_done": in.LoggedIn(false), "login_earlier": waits.LoggedIn(false), "login_earlier_follows": waits.LoggedIn(true), "login_earlier_tries": tries.LoggedIn(true), "login_already_earlier": waits.Already(),
		"status_earlier": waits.Status(false), "status_link_earlier": dialog.StatusLink(noon().Add(20*time.Minute), noon(), true), "logout_earlier": dialog.EarlierEnded(in.Status(false)), "login_already": in.Already(),
		"login_changed": dialog.AskOtherAccount(other, user), "login_dropped": dialog.OtherAccountDropped(other, false), "login_dropped_oauth": dialog.OtherAccountDropped(other, true), "login_refused": dialog.LoginRefused(),
		"login_contested": dialog.LoginContested(), "status_contested": dialog.StatusContested(), "login_usurped": dialog.LoginTakenOver(user, other),
		"status_in": in.Status(false), "status_silent": in.Status(true), "status_late": late.Status(false), "status_lonely": lonely.Status(false),
		"status_none": dialog.StatusNone(), "status_link": dialog.StatusLink(noon().Add(20*time.Minute), noon(), false),
		"logout_ask": dialog.AskLogout(), "logout_kept": dialog.NotLoggedOut(), "logout_done": dialog.LoggedOut(user, false), "logout_oauth": dialog.LoggedOut(user, true), "logout_oauth_late": dialog.LoggedOut(kite.Identity{}, true), "logout_waits": dialog.LoggingOut(), "logout_link": dialog.LinkCancelled(), "logout_nothing": dialog.NothingToLogOut(),
		"help_slow": dialog.Slow{Command: "holdings", Now: noon(), Cancel: "holdings:cancel"}.Message(), "logout_slow": dialog.Slow{Command: "logout", Now: noon()}.Message(),
		"help_cancelled": dialog.Cancelled("holdings", ""), "login_cancelled": dialog.Cancelled("login", "status"),
		"start_out": dialog.Welcome("<Asha> & co", false), "start_in": dialog.Welcome("", true), "start_stranger": dialog.NotLetIn(123456789), "start_unclaimed": dialog.NoOperatorYet(123456789),
		"start_group":   dialog.GroupOnly("kite_bot"),
		"help_commands": dialog.Help([]dialog.CommandLine{{Usage: "/quote SYMBOL", Summary: "a price"}, {Usage: "/hide", Summary: "no amounts"}}),
		"help_unknown":  dialog.UnknownCommand("<b>teleport", "", "now"), "help_meant": dialog.UnknownCommand("positons", "positions", ""), "help_meant_more": dialog.UnknownCommand("qoute", "quote", "m&m <now>\n"),
		"help_words": dialog.NotACommand("hello"), "help_number": dialog.NotACommand(" 500325 "), "help_unread": dialog.NotText(false), "help_edited": dialog.NotText(true), "help_old_button": dialog.OldButton(),
		"help_too_fast": dialog.TooFast(), "help_busy": dialog.Busy(),
		"help_problem": dialog.Problem{Headline: "Kite is not answering, or your login has ended.", Detail: "It says the same in both cases.", Ref: "K3PQ7A", Again: "funds:again", Login: "login:new:/funds"}.Message(),
	})
}

// A name that was kept before names were bounded makes no message that Telegram
// refuses, and turns no text around.
func TestNamesOfAnybody(t *testing.T) {
	user := kite.Identity{UserID: "AB1234", Name: "\u202e" + strings.Repeat("Asha\n", 1000)}
	login := dialog.Login{User: user, Since: noon(), Until: noon(), Now: noon()}
	for name, m := range map[string]view.Message{
		"logged in": login.LoggedIn(false), "already": login.Already(), "status": login.Status(false), "changed": dialog.AskOtherAccount(user, user), "profile": statement.Profile(kite.Profile{UserID: "AB1234", UserName: user.Name}, statement.Options{AsOf: noon()}),
	} {
		if err := viewtest.Check(m); err != nil || strings.Contains(m.HTML, "\u202e") || strings.Contains(m.HTML, "Asha\n") || len(m.HTML) > 1000 {
			t.Errorf("%s: %v, %d bytes: %.100q", name, err, len(m.HTML), m.HTML)
		}
	}
}
