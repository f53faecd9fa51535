package dialog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
)

// PeopleView is what operators see of the people around their bot.
type PeopleView struct {
	Note   PeopleNote // what was just done, or why nothing was
	Person int64      // whom the note is about
	People []Person   // those who wait, the oldest first, then the approved, then the blocked
	Page   int
}

// Person is one of whom the operators have something to decide, or decided.
type Person struct {
	Person   int64
	Name     string // the first name they had when they asked: data
	Standing PersonStanding
	Since    time.Time
	By       int64 // the operator who decided
}

// PersonStanding is where a person stands.
type PersonStanding int

// The standings, in the order of the list.
const (
	PersonWaiting PersonStanding = iota
	PersonApproved
	PersonBlocked
)

// peoplePerPage leaves room for a name and a row of buttons for each.
const peoplePerPage = 6

// People renders the operators' page of people: who asked to be let in, who was, and who
// was blocked.
func People(v PeopleView) view.Message {
	p := view.PageOf(len(v.People), peoplePerPage, v.Page)
	var s view.Sheet
	if v.Note != NoNote {
		s.Say("<b>" + strings.ReplaceAll(peopleNotes()[v.Note], "%", strconv.FormatInt(v.Person, 10)) + "</b>")
	}
	s.Say("<b>People:</b> " + standingCounts(v.People))
	s.Under(p.Line("people")...)
	var buttons [][]view.Button
	shown := v.People[p.From:p.To]
	for i, g := range shown {
		if i == 0 || shown[i-1].Standing != g.Standing {
			s.Say("<b>" + standingHeads()[g.Standing] + "</b>")
		}
		s.Under(personLine(g))
		buttons = append(buttons, personButtons(g, p.Page))
	}
	s.Say("Numbers can be typed, too: <code>/admin approve 123</code>, <code>block</code>, <code>unblock</code> or <code>remove</code>. " +
		"A person who is blocked or removed is logged out and forgotten.")
	buttons = append(buttons, p.Buttons("admin:page")...)
	return s.Message(false, append(buttons, []view.Button{overviewButton(), view.Press("Refresh", fmt.Sprintf("admin:page:%d", p.Page))}))
}

// PeopleNote is what came of what an operator asked for.
type PeopleNote int

// The notes. Those from NotAWord on say why nothing was changed.
const (
	NoNote PeopleNote = iota
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

// peopleNotes are the notes in words; % is the person.
func peopleNotes() map[PeopleNote]string {
	return map[PeopleNote]string{
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

func standingHeads() []string { return []string{"Waiting to be let in", "Approved", "Blocked"} }

func standingCounts(people []Person) string {
	counts := make([]int, len(standingHeads()))
	for _, g := range people {
		counts[g.Standing]++
	}
	return fmt.Sprintf("%d waiting · %d approved · %d blocked", counts[PersonWaiting], counts[PersonApproved], counts[PersonBlocked])
}

func personLine(g Person) string {
	line := fmt.Sprintf("%s · <code>%d</code> · %s", view.Safe(view.Cut(g.Name, 32)), g.Person, view.DayTime(g.Since))
	if g.By != 0 {
		line += fmt.Sprintf(", by %d", g.By)
	}
	return line
}

// personButtons are what can be done about a person. Each names the person, and
// does something only while they stand where the button was shown for.
func personButtons(g Person, page int) []view.Button {
	button := func(text, action string, style view.Style) view.Button {
		return view.Button{Text: fmt.Sprintf("%s %d", text, g.Person), Data: fmt.Sprintf("admin:%s:%d:%d", action, g.Person, page), Style: style}
	}
	switch g.Standing {
	case PersonWaiting:
		return []view.Button{button("Approve", "approve", view.Primary), button("Block", "block", view.Danger)}
	case PersonApproved:
		return []view.Button{button("Remove", "remove", view.Plain), button("Block", "block", view.Danger)}
	default:
		return []view.Button{button("Unblock", "unblock", view.Plain)}
	}
}

// NowLetIn tells a person that they may use the bot from now on.
func NowLetIn() view.Message {
	return view.Text("<b>You can use this bot now.</b>\n/login begins: it opens Zerodha’s own page. /help lists what I can do.", logIn("Log in"))
}
