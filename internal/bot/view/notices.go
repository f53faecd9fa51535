package view

import (
	"fmt"
	"strconv"
	"time"
)

// KiteAway tells an operator that people are not answered. The cause is a word or
// two to look into it by.
func KiteAway(since, now time.Time, cause string) Message {
	what := fmt.Sprintf("Kite has not answered since %s IST (%s).", moment(since, now), outside(cut(cause, 32)))
	if cause == "errors" {
		what = fmt.Sprintf("Kite has answered with errors since %s IST.", moment(since, now))
	}
	return Message{
		HTML:    "<b>" + what + "</b>\nPeople who ask are told so, and their logins are kept. I write again when Kite is back.",
		Buttons: overviewButton(),
	}
}

// KiteBack tells an operator that it is over.
func KiteBack(since time.Time, lasted time.Duration) Message {
	return Message{
		HTML:    fmt.Sprintf("<b>Kite is back.</b>\nIt was away for %s, since %s IST.", lasting(lasted), moment(since, since.Add(lasted))),
		Buttons: overviewButton(),
	}
}

// KiteFlaps tells an operator that they are told no more of it.
func KiteFlaps() Message {
	return Message{
		HTML:    "<b>Kite keeps going away and coming back.</b>\nI send no more notices about it for now; /admin shows the state.",
		Buttons: overviewButton(),
	}
}

func overviewButton() [][]Button { return [][]Button{{{Text: "Overview", Data: "admin:all"}}} }

// AsksIn tells an operator that a person asks to be let in.
func AsksIn(person int64, name string) Message {
	number := strconv.FormatInt(person, 10)
	return Message{
		HTML: fmt.Sprintf("<b>%s asks to be let in.</b>\nTelegram number <code>%s</code>. A name can be made up: let in only a number that you know.", outside(cut(name, 32)), number),
		Buttons: [][]Button{{
			{Text: "Let in", Data: "admin:approve:" + number + ":1", Style: Primary},
			{Text: "Block", Data: "admin:block:" + number + ":1", Style: Danger},
		}},
	}
}

// ManyAskIn tells an operator that they are told of no more people.
func ManyAskIn() Message {
	return Message{
		HTML:    "<b>More people ask to be let in.</b>\nI send no more notices about them for now; /admin people lists all who are waiting.",
		Buttons: [][]Button{{{Text: "People", Data: "admin:page:1"}}},
	}
}
