package statement

import (
	"strconv"
	"strings"

	"kitebot/internal/kite"
)

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
