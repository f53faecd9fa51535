package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// maxSteps bounds the history and the trades that a card shows: the newest.
const maxSteps = 12

// OrderCardView is what the card of one order shows.
type OrderCardView struct {
	Order   kite.Order
	History []kite.Order // its steps, the oldest first
	Trades  []kite.Trade
	// NoHistory and NoTrades say that Kite did not answer for that part.
	NoHistory, NoTrades bool
	Ref                 string // its name in buttons, see [kite.OrderRefs]
	Page                int    // where Back goes
	AsOf                time.Time
	Hide                bool // privacy mode: no quantities, no prices, no numbers in reasons
	Native              bool
}

// OrderCard renders one order: what became of it, what it asked for, its trades
// and its history.
func OrderCard(v OrderCardView) Message {
	o, hide := v.Order, mask(v.Hide)
	var s sheet
	s.say(orderHead(v)...)
	s.say(append(orderFacts(o, hide), append(hide.note(), asOf(v.AsOf, o.Exchange))...)...)
	cardTrades(v, &s)
	cardHistory(v, &s)
	return s.message(v.Native, orderCardButtons(v))
}

// NoSuchOrder answers a button whose order Kite does not list any more: it was
// of another day.
func NoSuchOrder(page int, at time.Time) Message {
	return Message{
		HTML:    "<b>Kite does not list this order any more.</b>\nIt keeps the orders of one trading day.\n" + asOf(at),
		Buttons: [][]Button{{{Text: "Orders", Data: fmt.Sprintf("orders:page:%d", placePage(page))}}},
	}
}

func orderHead(c OrderCardView) []string {
	o, v := c.Order, mask(c.Hide)
	head := fmt.Sprintf("<b>%s · %s</b>", stateWords(o), outside(strings.TrimSpace(sideWord(o.Side)+" "+v.units(o.Quantity)+" "+contractName(o.Symbol, c.AsOf))))
	lines := []string{head}
	if o.State() == kite.OrderRejected {
		lines = append(lines, reason(o, v, 600))
	} else if text := strings.TrimSpace(tidy(v.words(o.Reason), 600)); cells(text) > 0 {
		lines = append(lines, escape(text))
	}
	return lines
}

// stateWords names an order's state; one that is on its way, or that nobody
// has classified, by Kite's own status.
func stateWords(o kite.Order) string {
	switch o.State() {
	case kite.OrderDone:
		return "Executed"
	case kite.OrderRejected:
		return "Rejected"
	case kite.OrderCancelled:
		if o.Filled.IsPositive() {
			return "Cancelled, partly filled"
		}
		return "Cancelled"
	case kite.OrderOpen:
		if o.Filled.IsPositive() {
			return "Open, partly filled"
		}
	}
	return outside(statusName(o.Status))
}

// statusName writes Kite's status in small letters: "Trigger pending".
func statusName(status string) string {
	status = strings.ToLower(clean(status))
	if status == "" {
		return "State not known"
	}
	first := []rune(status)[0]
	return strings.ToUpper(string(first)) + status[len(string(first)):]
}

func sideWord(side string) string {
	switch side {
	case "BUY":
		return "Buy"
	case "SELL":
		return "Sell"
	default:
		return clean(side)
	}
}

// orderFacts are what was asked for and what came of it; what is not there is
// left out.
func orderFacts(o kite.Order, v mask) []string {
	lines := []string{outside(strings.Join(present(o.Exchange, o.Product, o.Type, o.Validity, o.Variety), " · "))}
	u := unitOf(o.Exchange + ":" + o.Symbol)
	for _, price := range []struct {
		name  string
		f     kite.Figure
		write func(decimal.Decimal) string
	}{{"Price", priceOf(o.Price), u.price}, {"Trigger", priceOf(o.TriggerPrice), u.price}, {"Avg.", priceOf(o.AveragePrice), u.average}} {
		if price.f.OK {
			lines = append(lines, price.name+" "+v.write(price.f, price.write))
		}
	}
	lines = append(lines, filledWords(o, v)...)
	if !o.At().IsZero() {
		lines = append(lines, "Placed "+stamp(o.At()))
	}
	if !o.ExchangeAt.IsZero() {
		lines = append(lines, "At the exchange "+stamp(o.ExchangeAt))
	}
	if o.Tag != "" {
		lines = append(lines, "Tag "+outside(v.words(o.Tag)))
	}
	return append(lines, "Order <code>"+outside(o.ID)+"</code>")
}

// filledWords say what became of an order's quantity; what is nothing is left out,
// and nothing is pending of an order that has come to its end.
func filledWords(o kite.Order, v mask) []string {
	var parts []string
	if !o.Filled.IsZero() {
		parts = append(parts, v.units(o.Filled)+" of "+v.units(o.Quantity)+" filled")
	}
	if state := o.State(); !o.Pending.IsZero() && (state == kite.OrderOpen || state == kite.OrderOther) {
		parts = append(parts, v.units(o.Pending)+" pending")
	}
	if !o.Cancelled.IsZero() {
		parts = append(parts, v.units(o.Cancelled)+" cancelled")
	}
	if parts == nil {
		return nil
	}
	return []string{strings.Join(parts, " · ")}
}

func cardTrades(v OrderCardView, s *sheet) {
	switch {
	case v.NoTrades:
		s.say("Trades: Kite did not answer.")
	case len(v.Trades) > 0:
		newest := kite.TradesNewestFirst(v.Trades)
		s.say("<b>" + many(len(newest), "trade", "trades") + "</b>")
		s.showUnder(fillsTable(newest[:min(len(newest), maxSteps)], v))
		s.under(further(len(newest))...)
	}
}

// fillsTable shows when how much was traded, and at which price.
func fillsTable(trades []kite.Trade, v OrderCardView) table {
	t := table{head: []string{"At", "Qty", "Price"}}
	for _, trade := range trades {
		r := row{name: "(no data)", numbers: []string{Absent, Absent}}
		if !trade.Missing {
			r = row{name: secondsOf(trade.At(), v.AsOf), numbers: []string{shortQuantity(trade.Quantity), tradePrice(trade)}}
		}
		if v.Hide {
			r.numbers = []string{masked, masked}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// cardHistory shows the steps of the order, the newest first.
func cardHistory(v OrderCardView, s *sheet) {
	if v.NoHistory {
		s.say("History: Kite did not answer.")
		return
	}
	t := table{head: []string{"History", "At"}}
	for i := len(v.History) - 1; i >= 0 && len(t.rows) < maxSteps; i-- {
		step := v.History[i]
		name := statusName(step.Status)
		if step.Missing {
			name = "(no data)"
		}
		t.rows = append(t.rows, row{name: name, numbers: []string{secondsOf(step.At(), v.AsOf)}})
	}
	s.show(t)
	s.under(further(len(v.History))...)
}

// further says how many rows a card leaves out.
func further(all int) []string {
	if all <= maxSteps {
		return nil
	}
	return []string{fmt.Sprintf("and %d earlier", all-maxSteps)}
}

func orderCardButtons(v OrderCardView) [][]Button {
	page := placePage(v.Page)
	row := []Button{
		{Text: "Refresh", Data: fmt.Sprintf("orders:card:%s:%d", v.Ref, page)},
		{Text: "Back", Data: fmt.Sprintf("orders:page:%d", page)},
	}
	if id := strings.TrimSpace(clean(v.Order.ID)); id != "" && id == v.Order.ID {
		row = append([]Button{{Text: "Copy id", Copy: id}}, row...)
	}
	return [][]Button{row}
}
