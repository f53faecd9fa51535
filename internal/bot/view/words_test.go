package view_test

import (
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// The messages around a login, the words for people who are not let in, and the
// words for what goes wrong. Names from outside are as awkward as they can be.
func TestWordsGolden(t *testing.T) {
	user := kite.Identity{UserID: "MK4021", Name: "Meera <Krishnan> & Sons"}
	other := kite.Identity{UserID: "AD7730", Name: "Arjun"}
	link := view.LoginLink{
		URL: kite.RestoreLink("https://kite.zerodha.com/connect/login?api_key=kitemcp"), Ref: "SAMPLE", Until: noon().Add(30 * time.Minute),
	}
	asked, checked, silent, today, first := link, link, link, link, link
	first.First = true
	paste := link
	paste.URL = kite.RestoreLink("https://mcp.kite.trade/authorize?client_id=sample")
	paste.Restart, paste.Paste = true, true
	asked2, browser := paste, paste
	asked2.Why, asked2.Then, asked2.Checked = view.EndedBecause(wire.EndSwitched), "/holdings", noon()
	browser.Paste = false
	today.URL = kite.RestoreLink("https://mcp.kite.trade/authorize?session_id=sample")
	asked.Why, asked.Then = "You are not logged in yet.", "/holdings"
	checked.Checked = noon()
	ahead := checked // the clock was set back since
	ahead.Until = noon().Add(90 * time.Minute)
	tardy := checked
	tardy.Until = noon().Add(-2 * time.Minute)
	silent.Checked, silent.Silent = noon(), true
	in := view.Login{User: user, Since: noon().Add(-time.Hour), Until: noon().Add(8 * time.Hour), Now: noon()}
	late, lonely := in, in
	late.Until, lonely.Lonely = noon().Add(-time.Hour), true
	back := in
	back.Until = noon().Add(37 * time.Hour)
	waits, tries := in, in
	waits.Unended, waits.EndWaits, tries.Unended = true, true, true
	portfolio := decode(t, `[{"tradingsymbol":"INFY","exchange":"NSE","quantity":2,"average_price":90,"last_price":100,"close_price":99,"day_change":1}]`)
	for name, m := range map[string]view.Message{
		"login_link": link.Message(), "login_link_first": first.Message(), "login_link_today": today.Message(), "login_oauth_paste": paste.Message(), "login_oauth_paste_checked": asked2.Message(), "login_oauth": browser.Message(),
		"login_paste_incomplete": view.PasteIncomplete(), "login_paste_unasked": view.PasteUnasked(), "login_paste_used": view.PasteUsed(user), "login_paste_other": view.PasteOther(),
		"login_paste_twice": view.PasteTwice(), "login_paste_refused": view.PasteRefused("/holdings"), "login_paste_lost": view.PasteLost(""), "login_paste_not_last": view.PasteNotLast(), "login_paste_too_fast": view.PasteTooFast(), "login_paste_strange": view.PasteStrange(), "login_being_made": view.LoginQueued(time.Time{}), "login_paste_stays": view.PasteStays(),
		"login_queued": view.LoginQueued(noon().Add(24 * time.Second)), "login_unread": view.LoginUnread(), "login_crowded": view.LoginCrowded(noon().Add(200 * time.Second)), "status_link_late": view.StatusLink(noon().Add(-2*time.Minute), noon(), false),
		"login_link_asked_for": asked.Message(), "login_too_early": checked.Message(), "login_late": tardy.Message(), "login_ahead": ahead.Message(), "status_ahead": back.Status(false), "status_link_ahead": view.StatusLink(noon().Add(25*time.Hour), noon(), false), "login_kite_silent": silent.Message(),
		"login_moved": view.LinkMoved(), "login_dead": view.LinkDead(), "login_done": in.LoggedIn(false), "login_earlier": waits.LoggedIn(false), "login_earlier_follows": waits.LoggedIn(true), "login_earlier_tries": tries.LoggedIn(true), "login_already_earlier": waits.Already(),
		"status_earlier": waits.Status(false), "status_link_earlier": view.StatusLink(noon().Add(20*time.Minute), noon(), true), "logout_earlier": view.EarlierEnded(in.Status(false)), "login_already": in.Already(),
		"login_changed": view.Changed(other, user), "login_dropped": view.Dropped(other, false), "login_dropped_oauth": view.Dropped(other, true), "login_refused": view.Refused(),
		"login_contested": view.Contested(), "status_contested": view.StatusContested(), "login_usurped": view.Usurped(user, other),
		"status_in": in.Status(false), "status_silent": in.Status(true), "status_late": late.Status(false), "status_lonely": lonely.Status(false),
		"status_none": view.StatusNone(), "status_link": view.StatusLink(noon().Add(20*time.Minute), noon(), false),
		"logout_ask": view.AskLogout(), "logout_kept": view.KeptIn(), "logout_done": view.LoggedOut(user, false), "logout_oauth": view.LoggedOut(user, true), "logout_oauth_late": view.LoggedOut(kite.Identity{}, true), "logout_waits": view.LoggingOut(), "logout_link": view.LinkCancelled(), "logout_nothing": view.NothingToLogOut(),
		"holdings_slow": view.Slow{Command: "holdings", Now: noon(), Cancel: "holdings:cancel"}.Message(), "logout_slow": view.Slow{Command: "logout", Now: noon()}.Message(),
		"holdings_cancelled": view.Cancelled("holdings", ""), "login_cancelled": view.Cancelled("login", "status"),
		"start_out": view.Welcome("<Asha> & co", false), "start_in": view.Welcome("", true), "start_stranger": view.Stranger(123456789), "start_unclaimed": view.Unclaimed(123456789),
		"start_group":   view.GroupOnly("kite_bot"),
		"help_commands": view.Help([]view.CommandLine{{Usage: "/quote SYMBOL", Summary: "a price"}, {Usage: "/hide", Summary: "no amounts"}}),
		"help_unknown":  view.UnknownCommand("<b>teleport", "", "now"), "help_meant": view.UnknownCommand("positons", "positions", ""), "help_meant_more": view.UnknownCommand("qoute", "quote", "m&m <now>\n"),
		"help_words": view.NotACommand("hello"), "help_number": view.NotACommand(" 500325 "), "help_unread": view.Unread(false), "help_edited": view.Unread(true), "help_old_button": view.OldButton(),
		"help_too_fast": view.TooFast(), "help_busy": view.Busy(),
		"help_problem":    view.Problem{Headline: "Kite is not answering, or your login has ended.", Detail: "It says the same in both cases.", Ref: "K3PQ7A", Again: "funds:again", Login: "login:new:/funds"}.Message(),
		"allocation_one":  view.Allocation(view.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"allocation_none": view.Allocation(view.PictureView{AsOf: noon()}),
		"movers_one":      view.Movers(view.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"movers_hidden":   view.Movers(view.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon(), Hide: true}),
		"movers_none":     view.Movers(view.PictureView{AsOf: noon()}),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, m)
		})
	}
}

// A name that was kept before names were bounded makes no message that Telegram
// refuses, and turns no text around.
func TestNamesOfAnybody(t *testing.T) {
	user := kite.Identity{UserID: "AB1234", Name: "\u202e" + strings.Repeat("Asha\n", 1000)}
	login := view.Login{User: user, Since: noon(), Until: noon(), Now: noon()}
	for name, m := range map[string]view.Message{
		"logged in": login.LoggedIn(false), "already": login.Already(), "status": login.Status(false), "changed": view.Changed(user, user), "profile": view.Profile(view.ProfileView{Profile: kite.Profile{UserID: "AB1234", UserName: user.Name}, AsOf: noon()}),
	} {
		if err := viewtest.Check(m); err != nil || strings.Contains(m.HTML, "\u202e") || strings.Contains(m.HTML, "Asha\n") || len(m.HTML) > 1000 {
			t.Errorf("%s: %v, %d bytes: %.100q", name, err, len(m.HTML), m.HTML)
		}
	}
}
