package dialog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
)

// AdminView is what operators see of the people around their bot.
type AdminView struct {
	Note   AdminNote // what was just done, or why nothing was
	Person int64     // whom the note is about
	Guests []Guest   // those who wait, the oldest first, then the approved, then the blocked
	Page   int
}

// Guest is a person of whom the operators have something to decide, or decided.
type Guest struct {
	Person   int64
	Name     string // the first name they had when they asked: data
	Standing GuestStanding
	Since    time.Time
	By       int64 // the operator who decided
}

// GuestStanding is where a guest stands.
type GuestStanding int

// The standings, in the order of the list.
const (
	GuestWaiting GuestStanding = iota
	GuestApproved
	GuestBlocked
)

// guestsPerPage leaves room for a name and a row of buttons for each.
const guestsPerPage = 6

// Admin renders the operators' page of people: who asked to be let in, who was, and who
// was shown the door.
func Admin(v AdminView) view.Message {
	p := view.PageOf(len(v.Guests), guestsPerPage, v.Page)
	var s view.Sheet
	if v.Note != NoNote {
		s.Say("<b>" + strings.ReplaceAll(adminNotes()[v.Note], "%", strconv.FormatInt(v.Person, 10)) + "</b>")
	}
	s.Say("<b>People:</b> " + guestCounts(v.Guests))
	s.Under(p.Line("people")...)
	var buttons [][]view.Button
	shown := v.Guests[p.From:p.To]
	for i, g := range shown {
		if i == 0 || shown[i-1].Standing != g.Standing {
			s.Say("<b>" + guestHeads()[g.Standing] + "</b>")
		}
		s.Under(guestLine(g))
		buttons = append(buttons, guestButtons(g, p.Page))
	}
	s.Say("Numbers can be typed, too: <code>/admin approve 123</code>, <code>block</code>, <code>unblock</code> or <code>remove</code>. " +
		"A person who is blocked or removed is logged out and forgotten.")
	buttons = append(buttons, p.Buttons("admin:page")...)
	return s.Message(false, append(buttons, []view.Button{{Text: "Overview", Data: "admin:all"}, {Text: "Refresh", Data: fmt.Sprintf("admin:page:%d", p.Page)}}))
}

// AdminNote is what came of what an operator asked for.
type AdminNote int

// The notes. Those from NotAWord on say why nothing was changed.
const (
	NoNote AdminNote = iota
	NowBlocked
	NowApproved
	ApprovedToo  // the list of the settings had let them in before
	AllowedStill // that list lets them in all the same
	NowUnblocked
	NowRemoved
	NotAWord
	NotANumber
	IsOperator
	IsUnlisted
	IsWaiting
	IsApproved
	IsBlocked
	DecidedSince  // after the operator asked
	DecisionHolds // an earlier process made it hold
)

// adminNotes are the notes in words; % is the person.
func adminNotes() map[AdminNote]string {
	return map[AdminNote]string{
		NowBlocked:    "% is blocked; any login of theirs is ended and forgotten.",
		NowApproved:   "% may use the bot now, and will be told.",
		ApprovedToo:   "% is approved; ALLOWED_USERS let them in before. If they are taken off that list, they stay in until they are removed here too.",
		AllowedStill:  "% may use the bot all the same: ALLOWED_USERS lets them in.",
		NowUnblocked:  "% is no longer blocked, and may ask to be let in.",
		NowRemoved:    "% is off the list; any login of theirs is ended and forgotten.",
		NotAWord:      "I do not know that. Nothing was changed. I know /admin, /admin people, /admin errors, /admin with a reference, and what is listed below.",
		NotANumber:    "That is not a Telegram number. Nothing was changed.",
		IsOperator:    "% is an operator: that is decided by ADMIN_USERS alone. Nothing was changed.",
		IsUnlisted:    "% is not on any list. Nothing was changed.",
		IsWaiting:     "% waits to be let in. Nothing was changed.",
		IsApproved:    "% is approved already. Nothing was changed.",
		IsBlocked:     "% is blocked. Nothing was changed.",
		DecidedSince:  "A decision was made after you asked for this about %. Nothing was changed; if you still want it, ask again.",
		DecisionHolds: "Your decision about % stands.",
	}
}

func guestHeads() []string { return []string{"Waiting to be let in", "Approved", "Blocked"} }

func guestCounts(guests []Guest) string {
	counts := make([]int, len(guestHeads()))
	for _, g := range guests {
		counts[g.Standing]++
	}
	return fmt.Sprintf("%d waiting · %d approved · %d blocked", counts[GuestWaiting], counts[GuestApproved], counts[GuestBlocked])
}

func guestLine(g Guest) string {
	line := fmt.Sprintf("%s · <code>%d</code> · %s", view.Safe(view.Cut(g.Name, 32)), g.Person, view.DayTime(g.Since))
	if g.By != 0 {
		line += fmt.Sprintf(", by %d", g.By)
	}
	return line
}

// guestButtons are what can be done about a guest. Each names the person, and
// does something only while they stand where the button was shown for.
func guestButtons(g Guest, page int) []view.Button {
	button := func(text, action string, style view.Style) view.Button {
		return view.Button{Text: fmt.Sprintf("%s %d", text, g.Person), Data: fmt.Sprintf("admin:%s:%d:%d", action, g.Person, page), Style: style}
	}
	switch g.Standing {
	case GuestWaiting:
		return []view.Button{button("Approve", "approve", view.Primary), button("Block", "block", view.Danger)}
	case GuestApproved:
		return []view.Button{button("Remove", "remove", view.Plain), button("Block", "block", view.Danger)}
	default:
		return []view.Button{button("Unblock", "unblock", view.Plain)}
	}
}

// LetIn tells a person that they may use the bot from now on.
func LetIn() view.Message {
	return view.Text("<b>You can use this bot now.</b>\n/login begins: it opens Zerodha’s own page. /help lists what I can do.", logIn("Log in"))
}
