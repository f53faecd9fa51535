package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// unit is how the prices of an instrument are written.
type unit struct {
	sign   string // "₹"; "" for an index, whose prices are points
	places int32  // what a price has at least, and an average is rounded to
	finest int32  // what a price has at most, where it stands at a tick that is finer
}

// ticks is how many places the finest tick of any exchange has.
const ticks = 4

// unitOf knows the places of an instrument's prices: an index has points, and
// currencies are quoted to four places. It is the only place that does.
func unitOf(id string) unit {
	exchange, _, _ := strings.Cut(id, ":")
	switch {
	case kite.IsIndex(id):
		return unit{"", 2, 2}
	case exchange == "CDS" || exchange == "BCD":
		return unit{"₹", 4, ticks}
	default:
		return unit{"₹", 2, ticks}
	}
}

// unitOfQuote is [unitOf] for a quote, whose token tells an index of any name.
func unitOfQuote(q kite.Quote) unit {
	if q.IsIndex() {
		return unit{"", 2, 2}
	}
	return unitOf(q.ID)
}

// plain is the unit without its sign, as in a column.
func (u unit) plain() unit { return unit{"", u.places, u.finest} }

// price writes a price with all places of its tick: ₹1,523.60, ₹84.2575, 26,068.15.
func (u unit) price(d decimal.Decimal) string {
	sign, digits := u.digits(d)
	return sign + u.sign + group(digits)
}

// average writes an average of prices, which stands at no tick.
func (u unit) average(d decimal.Decimal) string {
	sign, digits := fixed(d, u.places)
	return sign + u.sign + group(digits)
}

// change writes a change of a price: +₹26.45, −124.00.
func (u unit) change(d decimal.Decimal) string {
	sign, digits := u.digits(d)
	return plus(sign, digits) + u.sign + group(digits)
}

// digits leaves out the noughts behind the places that a price has at least.
func (u unit) digits(d decimal.Decimal) (sign, digits string) {
	sign, digits = fixed(d, u.finest)
	for n := u.finest; n > u.places && strings.HasSuffix(digits, "0"); n-- {
		digits = digits[:len(digits)-1]
	}
	return sign, digits
}

// column writes a price for a column: without a sign, and short when it is too
// long to stand beside a name.
func (u unit) column(d decimal.Decimal) string {
	const room = 14 // 9,99,99,999.95
	if s := u.plain().price(d); cells(s) <= room {
		return s
	}
	return Short(d)
}

// span writes two prices as a range, "" when one is not known.
func (u unit) span(low, high decimal.Decimal) string {
	if !low.IsPositive() || !high.IsPositive() {
		return ""
	}
	return u.price(low) + " – " + u.price(high)
}

// volume writes a count of units: 5,191, 73.60 L, 1.23 Cr.
func volume(d decimal.Decimal) string {
	for _, form := range []struct {
		unit int32
		name string
	}{{crore, " Cr"}, {lakh, " L"}} {
		if d.Abs().GreaterThanOrEqual(decimal.New(1, form.unit)) {
			sign, digits := fixed(d.Shift(-form.unit), 2)
			return sign + group(digits) + form.name
		}
	}
	sign, digits := fixed(d, 0)
	return sign + group(digits)
}

// volumeColumn writes a count of units for a column, in at most 7 characters.
func volumeColumn(n int64) string {
	d := decimal.NewFromInt(n)
	if d.Abs().LessThan(decimal.New(1, lakh)) {
		return volume(d)
	}
	return Short(d)
}

func volumeOf(n int64) string { return volume(decimal.NewFromInt(n)) }

// symbolOf is an instrument's symbol without its exchange and without the
// series that goes without saying, fit for one line. It is not escaped.
func symbolOf(id string) string {
	_, name, both := strings.Cut(id, ":")
	if !both {
		name = id
	}
	if name = strings.TrimSpace(clean(strings.TrimSuffix(name, "-EQ"))); name == "" {
		return "(no name)"
	}
	return name
}

// nameOf is an instrument as it is written for people: a contract as Kite does.
func nameOf(id string, at time.Time) string { return contractName(symbolOf(id), at) }

func exchangeOf(id string) string {
	exchange, _, both := strings.Cut(id, ":")
	if !both {
		return ""
	}
	return exchange
}

// quoteLine is what a lock screen shows of a quote: symbol, price, change.
func quoteLine(q kite.Quote, at time.Time) string {
	name := escape(nameOf(q.ID, at))
	if !q.Priced() {
		return fmt.Sprintf("<b>%s has no price now</b>", name)
	}
	u := unitOfQuote(q)
	line := fmt.Sprintf("<b>%s %s</b>", name, u.price(q.LastPrice))
	if change := q.Change(); change.OK {
		line += fmt.Sprintf(" · %s (%s)", u.change(change.Value), PercentOf(q.ChangePercent()))
	}
	return line
}

// subtitle is the name behind a symbol, and where it trades.
func subtitle(id, name string) string {
	parts := []string{cut(clean(strings.TrimSpace(name)), 60), clean(exchangeOf(id))}
	if strings.EqualFold(parts[0], symbolOf(id)) {
		parts[0] = ""
	}
	return escape(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · "))
}

// pricesAsOf is [asOf] for instruments.
func pricesAsOf(t time.Time, ids ...string) string { return asOf(t, each(ids, exchangeOf)...) }

// maxData is how many bytes Telegram takes as a button's data.
const maxData = 64

// idButton is a button about an instrument: none when its name does not fit
// into a button, or is nothing that could be asked for again.
func idButton(text, action, id string) []Button {
	if data := action + id; kite.IsID(id) && len(data) <= maxData {
		return []Button{{Text: text, Data: data}}
	}
	return nil
}

// notEmpty leaves out rows without buttons.
func notEmpty(rows ...[]Button) [][]Button {
	return slices.DeleteFunc(rows, func(row []Button) bool { return len(row) == 0 })
}

// someNames lists names, the first few of many. They are escaped.
func someNames(ids []string) string {
	const most = 5
	var names []string
	for _, id := range ids[:min(most, len(ids))] {
		names = append(names, escape(fit(symbolOf(id), 24)))
	}
	if more := len(ids) - most; more > 0 {
		names[most-1] += " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
}
