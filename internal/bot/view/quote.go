package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// QuoteView is what /quote shows of one instrument. It holds nothing of the
// account: privacy mode leaves it as it is.
type QuoteView struct {
	Quote    kite.Quote
	Name     string      // of the company; "" when not known
	YearLow  kite.Figure // of 52 weeks; when known
	YearHigh kite.Figure
	Watched  bool // is on the watch list
	AsOf     time.Time
}

// Quote renders a quote. The first line is the price and its change.
func Quote(v QuoteView) Message {
	var s sheet
	s.say(quoteLine(v.Quote, v.AsOf))
	if sub := subtitle(v.Quote.ID, v.Name); sub != "" {
		s.under(sub)
	}
	switch {
	case v.Quote.Missing:
		s.say("Kite answered without data for it. Refresh asks again; if nothing changes, it may no longer be traded.")
	case !v.Quote.Priced():
		s.say("Kite lists it but gives no price: it may be suspended, or was never traded. Refresh asks again.")
	default:
		s.say(quoteDetails(v)...)
	}
	s.say(pricesAsOf(v.AsOf, v.Quote.ID))
	return s.message(false, quoteButtons(v))
}

// quoteDetails are the lines under the price. What Kite does not tell is left out.
func quoteDetails(v QuoteView) []string {
	q, u := v.Quote, unitOfQuote(v.Quote)
	lines := circuit(q, u)
	if day := u.span(q.Prices.Low, q.Prices.High); day != "" {
		lines = append(lines, "Day "+day)
	}
	if before := join(named("Open ", q.Prices.Open, u.price), named("Prev. close ", q.Prices.Close, u.price)); before != "" {
		lines = append(lines, before)
	}
	if v.YearLow.OK && v.YearHigh.OK {
		lines = append(lines, "52 weeks "+u.span(v.YearLow.Value, v.YearHigh.Value))
	}
	if traded := join(named("Volume ", decimal.NewFromInt(q.Volume), volume), named("Avg. ", q.AveragePrice, u.average)); traded != "" {
		lines = append(lines, traded)
	}
	if q.OI.IsPositive() {
		lines = append(lines, openInterest(q))
	}
	if !q.LastTrade.IsZero() && !sameDay(q.LastTrade, v.AsOf) {
		lines = append(lines, "Last traded "+q.LastTrade.In(market.IST()).Format("2 Jan 2006, 15:04")+" IST")
	}
	return lines
}

// circuit says when the price stands at the day's limit, where there may be
// nobody to sell or to buy.
func circuit(q kite.Quote, u unit) []string {
	switch {
	case q.UpperCircuit.IsPositive() && q.LastPrice.GreaterThanOrEqual(q.UpperCircuit):
		return []string{"<b>At the upper circuit</b> of " + u.price(q.UpperCircuit)}
	case q.LowerCircuit.IsPositive() && q.LastPrice.LessThanOrEqual(q.LowerCircuit):
		return []string{"<b>At the lower circuit</b> of " + u.price(q.LowerCircuit)}
	default:
		return nil
	}
}

func openInterest(q kite.Quote) string {
	line := "Open interest " + volume(q.OI)
	if q.OIDayLow.IsPositive() && q.OIDayHigh.IsPositive() {
		line += " · day " + volume(q.OIDayLow) + " – " + volume(q.OIDayHigh)
	}
	return line
}

// named writes a figure with its name; "" when it is not above zero.
func named(name string, d decimal.Decimal, write func(decimal.Decimal) string) string {
	if !d.IsPositive() {
		return ""
	}
	return name + write(d)
}

func quoteButtons(v QuoteView) [][]Button {
	id := v.Quote.ID
	look := idButton("Chart", "chart:open:", id)
	if !v.Quote.IsIndex() { // indices are not traded
		look = append(look, idButton("Depth", "quote:depth:", id)...)
	}
	watch := idButton("+ Watch", "quote:watch:", id)
	if v.Watched {
		watch = idButton(minus+" Watch", "quote:unwatch:", id)
	}
	return notEmpty(look, append(idButton("Refresh", "quote:refresh:", id), watch...))
}

// NoQuote answers when Kite has no data at all: which is not that it does not
// know the symbol.
func NoQuote(id string) Message {
	return Message{
		HTML:    fmt.Sprintf("<b>No price for %s just now</b>\nKite answered without data for it. If nothing changes, it may no longer be traded.", escape(symbolOf(id))),
		Buttons: notEmpty(idButton("Try again", "quote:refresh:", id)),
	}
}

// QuoteUsage answers /quote without a symbol.
func QuoteUsage() Message {
	return Message{HTML: "<b>Which symbol?</b>\nWrite it after the command, for example:\n<code>/quote infy</code>\n<code>/quote bank nifty</code>\n<code>/quote BSE:ITC</code>\n\nOr just send me the symbol."}
}

// QuoteDepthView is the order book of one instrument. It is all of the market.
type QuoteDepthView struct {
	Quote  kite.Quote
	AsOf   time.Time
	Native bool // native tables too
}

// maxLevels is how many prices of each side are shown.
const maxLevels = 5

// QuoteDepth renders the order book as a ladder: who sells above, who buys
// below, the best prices meeting in the middle.
func QuoteDepth(v QuoteDepthView) Message {
	q := v.Quote
	var s sheet
	s.say(quoteLine(q, v.AsOf))
	t := ladder(q)
	if len(t.rows) == 0 {
		s.say("<b>No bids and no asks.</b>", "The market is closed, or no orders are waiting. Refresh asks again.")
	} else {
		s.say(spread(q)...)
		s.show(t)
		s.under(fmt.Sprintf("All bids %s · all asks %s", volume(decimal.NewFromInt(q.BuyQuantity)), volume(decimal.NewFromInt(q.SellQuantity))))
	}
	s.say(pricesAsOf(v.AsOf, q.ID))
	buttons := append(idButton("◀ Quote", "quote:refresh:", q.ID), idButton("Refresh", "quote:depth:", q.ID)...)
	return s.message(v.Native, notEmpty(buttons))
}

func ladder(q kite.Quote) table {
	t := table{head: []string{"", "Price", "Qty", "Orders"}}
	u := unitOfQuote(q)
	add := func(side string, l kite.Level) {
		t.rows = append(t.rows, row{name: side, numbers: []string{u.column(l.Price), volumeColumn(l.Quantity), strconv.FormatInt(l.Orders, 10)}})
	}
	for _, l := range slices.Backward(q.Asks[:min(maxLevels, len(q.Asks))]) {
		add("Ask", l)
	}
	for _, l := range q.Bids[:min(maxLevels, len(q.Bids))] {
		add("Bid", l)
	}
	if !t.fits() {
		return t.without(3) // rather the orders than the end of a price
	}
	return t
}

// spread is the gap between the best prices, when both sides are there.
func spread(q kite.Quote) []string {
	if len(q.Asks) == 0 || len(q.Bids) == 0 {
		return nil
	}
	u := unitOfQuote(q)
	return []string{fmt.Sprintf("Buy at %s · sell at %s", u.price(q.Asks[0].Price), u.price(q.Bids[0].Price))}
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
	return escape(join(parts...))
}

// pricesAsOf is [asOf] for instruments.
func pricesAsOf(t time.Time, ids ...string) string {
	exchanges := make([]string, len(ids))
	for i, id := range ids {
		exchanges[i] = exchangeOf(id)
	}
	return asOf(t, exchanges...)
}
