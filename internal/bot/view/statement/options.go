package statement

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// Options are how a message is shown.
type Options struct {
	AsOf   time.Time // when Kite answered
	Page   int       // of a list, from 1: one that does not exist is the nearest one; on a card, where Back goes
	Hide   bool      // privacy mode: percentages and shares, but no amounts, quantities and prices
	Native bool      // native tables too
}

// head adds to the first lines of a message that amounts are hidden, and how old the
// figures are, of what trades on these exchanges.
func (opt Options) head(lines []string, exchanges ...string) []string {
	return append(append(lines, mask(opt.Hide).note()...), view.AsOf(opt.AsOf, exchanges...))
}

// empty says that a list is empty, and where else to look.
func (opt Options) empty(what, hint string, buttons ...view.Button) view.Message {
	var s view.Sheet
	s.Say("<b>"+what+"</b>", hint)
	s.Say(view.AsOf(opt.AsOf))
	return s.Message(opt.Native, [][]view.Button{buttons})
}

// notListed answers a button of a row that Kite does not list any more.
func notListed(why string, at time.Time, back view.Button) view.Message {
	return view.Text(why+"\n"+view.AsOf(at), back)
}

// pageButton opens a page of a command's list.
func pageButton(text, command string, page int) view.Button {
	return view.Press(text, fmt.Sprintf("%s:page:%d", command, placePage(page)))
}

func refreshButton(command string, page int) view.Button {
	return view.Press("Refresh", fmt.Sprintf("%s:refresh:%d", command, page))
}

// cardButton opens the card of a row, from a page of its list.
func cardButton(text, command, ref string, page int) view.Button {
	return view.Press(text, fmt.Sprintf("%s:card:%s:%d", command, ref, placePage(page)))
}

// Place is where in the holdings a person is: what the buttons of the table
// carry, and what a card's Back returns to.
type Place struct {
	Page int // from 1
	Sort kite.HoldingSort
}

// maxPlacePage bounds the page in a button's data, which has little room.
const maxPlacePage = 9999

// ParsePlace reads the argument of a button of the holdings: "2", "2.day",
// "2.-day". What is none is the first page by value.
func ParsePlace(arg string) Place {
	number, sort, _ := strings.Cut(arg, ".")
	page, err := strconv.Atoi(number)
	if err != nil {
		page = 1
	}
	return Place{Page: min(max(page, 1), maxPlacePage), Sort: kite.ParseHoldingSort(sort)}
}

// String writes the place as [ParsePlace] reads it. The order by value goes
// without saying.
func (p Place) String() string {
	s := strconv.Itoa(min(max(p.Page, 1), maxPlacePage))
	if sort := kite.ParseHoldingSort(string(p.Sort)); sort != kite.SortByValue {
		s += "." + string(sort)
	}
	return s
}

// ParseCardArg splits the argument of a button that opens a card: the row's
// reference (see [kite.HoldingRef]), which may hold colons, and the place to go
// back to.
func ParseCardArg(arg string) (ref, place string) {
	at := strings.LastIndexByte(arg, ':')
	if at < 0 {
		return arg, ""
	}
	return arg[:at], arg[at+1:]
}

// ParseCardPage is [ParseCardArg] where the place is a page.
func ParseCardPage(arg string) (ref string, page int) {
	ref, back := ParseCardArg(arg)
	page, err := strconv.Atoi(back)
	if err != nil {
		page = 1
	}
	return ref, page
}

// placePage bounds the page in a button's data, which has little room.
func placePage(page int) int { return max(1, min(page, maxPlacePage)) }
