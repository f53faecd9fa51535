// Package marketdata renders what is about the market: quotes and depth, the watch list,
// charts and the search. It holds nothing of an account.
package marketdata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// nonEmptyRows leaves out rows without buttons.
func nonEmptyRows(rows ...[]view.Button) [][]view.Button {
	return slices.DeleteFunc(rows, func(row []view.Button) bool { return len(row) == 0 })
}

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
func Quote(v QuoteView) view.Message {
	var s view.Sheet
	s.Say(quoteLine(v.Quote, v.AsOf))
	if sub := subtitle(v.Quote.ID, v.Name); sub != "" {
		s.Under(sub)
	}
	switch {
	case v.Quote.Missing:
		s.Say("Kite answered without data for it. Refresh asks again; if nothing changes, it may no longer be traded.")
	case !v.Quote.Priced():
		s.Say("Kite lists it but gives no price: it may be suspended, or was never traded. Refresh asks again.")
	default:
		s.Say(quoteDetails(v)...)
	}
	s.Say(pricesAsOf(v.AsOf, v.Quote.ID))
	return s.Message(false, quoteButtons(v))
}

// quoteDetails are the lines under the price. What Kite does not tell is left out.
func quoteDetails(v QuoteView) []string {
	q, u := v.Quote, view.FormatOfQuote(v.Quote)
	lines := circuit(q, u)
	if day := u.Span(q.Prices.Low, q.Prices.High); day != "" {
		lines = append(lines, "Day "+day)
	}
	if before := view.Join(labelledFigure("Open ", q.Prices.Open, u.Price), labelledFigure("Prev. close ", q.Prices.Close, u.Price)); before != "" {
		lines = append(lines, before)
	}
	if v.YearLow.OK && v.YearHigh.OK {
		lines = append(lines, "52 weeks "+u.Span(v.YearLow.Value, v.YearHigh.Value))
	}
	if traded := view.Join(labelledFigure("Volume ", decimal.NewFromInt(q.Volume), view.Volume), labelledFigure("Avg. ", q.AveragePrice, u.Average)); traded != "" {
		lines = append(lines, traded)
	}
	if q.OI.IsPositive() {
		lines = append(lines, openInterest(q))
	}
	if !q.LastTrade.IsZero() && !view.SameDay(q.LastTrade, v.AsOf) {
		lines = append(lines, "Last traded "+q.LastTrade.In(market.IST()).Format("2 Jan 2006, 15:04")+" IST")
	}
	return lines
}

// circuit says when the price stands at the day's limit, where there may be
// no one to sell or to buy.
func circuit(q kite.Quote, u view.PriceFormat) []string {
	switch {
	case q.UpperCircuit.IsPositive() && q.LastPrice.GreaterThanOrEqual(q.UpperCircuit):
		return []string{"<b>At the upper circuit</b> of " + u.Price(q.UpperCircuit)}
	case q.LowerCircuit.IsPositive() && q.LastPrice.LessThanOrEqual(q.LowerCircuit):
		return []string{"<b>At the lower circuit</b> of " + u.Price(q.LowerCircuit)}
	default:
		return nil
	}
}

func openInterest(q kite.Quote) string {
	line := "Open interest " + view.Volume(q.OI)
	if q.OIDayLow.IsPositive() && q.OIDayHigh.IsPositive() {
		line += " · day " + view.Volume(q.OIDayLow) + " – " + view.Volume(q.OIDayHigh)
	}
	return line
}

// labelledFigure writes a figure with its name; "" when it is not above zero.
func labelledFigure(name string, d decimal.Decimal, write func(decimal.Decimal) string) string {
	if !d.IsPositive() {
		return ""
	}
	return name + write(d)
}

func quoteButtons(v QuoteView) [][]view.Button {
	id := v.Quote.ID
	look := view.InstrumentButton("Chart", "chart:open:", id)
	if !v.Quote.IsIndex() { // indices are not traded
		look = append(look, view.InstrumentButton("Depth", "quote:depth:", id)...)
	}
	watch := view.InstrumentButton("+ Watch", "quote:watch:", id)
	if v.Watched {
		watch = view.InstrumentButton(view.Minus+" Watch", "quote:unwatch:", id)
	}
	return nonEmptyRows(look, append(view.InstrumentButton("Refresh", "quote:refresh:", id), watch...))
}

// NoQuote answers when Kite has no data at all: which is not that it does not
// know the symbol.
func NoQuote(id string) view.Message {
	return view.Text(fmt.Sprintf("<b>No price for %s just now</b>\nKite answered without data for it. If nothing changes, it may no longer be traded.", view.Escape(view.SymbolOf(id))),
		view.InstrumentButton("Try again", "quote:refresh:", id)...)
}

// QuoteUsage answers /quote without a symbol.
func QuoteUsage() view.Message {
	return view.Text("<b>Which symbol?</b>\nWrite it after the command, for example:\n<code>/quote infy</code>\n<code>/quote bank nifty</code>\n<code>/quote BSE:ITC</code>\n\nOr just send me the symbol.")
}

// DepthView is the order book of one instrument. It is all of the market.
type DepthView struct {
	Quote  kite.Quote
	AsOf   time.Time
	Native bool // native tables too
}

// maxLevels is how many prices of each side are shown.
const maxLevels = 5

// Depth renders the order book as a ladder: who sells above, who buys
// below, the best prices meeting in the middle.
func Depth(v DepthView) view.Message {
	q := v.Quote
	var s view.Sheet
	s.Say(quoteLine(q, v.AsOf))
	t := depthTable(q)
	if len(t.Rows) == 0 {
		s.Say("<b>No bids and no asks.</b>", "The market is closed, or no orders are waiting. Refresh asks again.")
	} else {
		s.Say(spread(q)...)
		s.Table(t)
		s.Under(fmt.Sprintf("All bids %s · all asks %s", view.Volume(decimal.NewFromInt(q.BuyQuantity)), view.Volume(decimal.NewFromInt(q.SellQuantity))))
	}
	s.Say(pricesAsOf(v.AsOf, q.ID))
	buttons := append(view.InstrumentButton("◀ Quote", "quote:refresh:", q.ID), view.InstrumentButton("Refresh", "quote:depth:", q.ID)...)
	return s.Message(v.Native, nonEmptyRows(buttons))
}

func depthTable(q kite.Quote) view.Table {
	t := view.Table{Head: []string{"", "Price", "Qty", "Orders"}}
	u := view.FormatOfQuote(q)
	add := func(side string, l kite.Level) {
		t.Rows = append(t.Rows, view.Row{Name: side, Numbers: []string{u.Column(l.Price), view.ShortVolume(l.Quantity), strconv.FormatInt(l.Orders, 10)}})
	}
	for _, l := range slices.Backward(q.Asks[:min(maxLevels, len(q.Asks))]) {
		add("Ask", l)
	}
	for _, l := range q.Bids[:min(maxLevels, len(q.Bids))] {
		add("Bid", l)
	}
	if !t.Fits() {
		return t.Without(3) // rather the orders than the end of a price
	}
	return t
}

// spread is the gap between the best prices, when both sides are there.
func spread(q kite.Quote) []string {
	if len(q.Asks) == 0 || len(q.Bids) == 0 {
		return nil
	}
	u := view.FormatOfQuote(q)
	return []string{fmt.Sprintf("Buy at %s · sell at %s", u.Price(q.Asks[0].Price), u.Price(q.Bids[0].Price))}
}

// quoteLine is what a lock screen shows of a quote: symbol, price, change.
func quoteLine(q kite.Quote, at time.Time) string {
	name := view.Escape(view.InstrumentName(q.ID, at))
	if !q.Priced() {
		return fmt.Sprintf("<b>%s has no price now</b>", name)
	}
	u := view.FormatOfQuote(q)
	line := fmt.Sprintf("<b>%s %s</b>", name, u.Price(q.LastPrice))
	if change := q.Change(); change.OK {
		line += fmt.Sprintf(" · %s (%s)", u.Change(change.Value), view.PercentOf(q.ChangePercent()))
	}
	return line
}

// subtitle is the name behind a symbol, and where it trades.
func subtitle(id, name string) string {
	parts := []string{view.Cut(view.Clean(strings.TrimSpace(name)), 60), view.Clean(view.ExchangeOf(id))}
	if strings.EqualFold(parts[0], view.SymbolOf(id)) {
		parts[0] = ""
	}
	return view.Escape(view.Join(parts...))
}

// pricesAsOf is [view.AsOf] for instruments.
func pricesAsOf(t time.Time, ids ...string) string {
	exchanges := make([]string, len(ids))
	for i, id := range ids {
		exchanges[i] = view.ExchangeOf(id)
	}
	return view.AsOf(t, exchanges...)
}
