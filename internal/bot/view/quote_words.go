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
	places int32
}

// unitOf knows that an index has points and that currencies are quoted to four
// places.
func unitOf(id string) unit {
	exchange, _, _ := strings.Cut(id, ":")
	switch {
	case kite.IsIndex(id):
		return unit{"", 2}
	case exchange == "CDS" || exchange == "BCD":
		return unit{"₹", 4}
	default:
		return unit{"₹", 2}
	}
}

// price writes a price: ₹1,523.60, 26,068.15.
func (u unit) price(d decimal.Decimal) string {
	sign, digits := fixed(d, u.places)
	return sign + u.sign + group(digits)
}

// change writes a change of a price: +₹26.45, −124.00.
func (u unit) change(d decimal.Decimal) string {
	sign, digits := fixed(d, u.places)
	return plus(sign, digits) + u.sign + group(digits)
}

// column writes a price for a column: without a sign, and short when it is too
// long to stand beside a name.
func (u unit) column(d decimal.Decimal) string {
	const room = 14 // 9,99,99,999.95
	if s := (unit{"", u.places}).price(d); cells(s) <= room {
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

func exchangeOf(id string) string {
	exchange, _, both := strings.Cut(id, ":")
	if !both {
		return ""
	}
	return exchange
}

// quoteLine is what a lock screen shows of a quote: symbol, price, change.
func quoteLine(q kite.Quote) string {
	name := escape(symbolOf(q.ID))
	if !q.Priced() {
		return fmt.Sprintf("<b>%s has no price now</b>", name)
	}
	u := unitOf(q.ID)
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

// pricesAsOf is the line of [asOf]. Of commodities and currencies it does not
// say whether the market is open: they keep other hours.
func pricesAsOf(t time.Time, ids ...string) string {
	shares := []string{"NSE", "BSE", "NFO", "BFO"}
	if slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(shares, exchangeOf(id)) }) {
		return asOfAnyHour(t)
	}
	return asOf(t)
}

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
		names = append(names, strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}
