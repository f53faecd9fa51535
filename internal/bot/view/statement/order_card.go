package statement

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
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
	Ref                 string // its name in buttons, see [kite.OrderRef]
	Options
}

// OrderCard renders one order: what became of it, what it asked for, its trades
// and its history.
func OrderCard(v OrderCardView) view.Message {
	var s view.Sheet
	s.Say(orderHead(v)...)
	s.Say(v.head(orderFacts(v.Order, mask(v.Hide)), v.Order.Exchange)...)
	cardTrades(v, &s)
	cardHistory(v, &s)
	return s.Message(v.Native, orderCardButtons(v))
}

// NoSuchOrder answers a button whose order Kite does not list any more: it was
// of another day.
func NoSuchOrder(page int, at time.Time) view.Message {
	return notListed("<b>Kite does not list this order any more.</b>\nIt keeps the orders of one trading day.", at, pageButton("Orders", "orders", page))
}

func orderHead(c OrderCardView) []string {
	o, v := c.Order, mask(c.Hide)
	head := fmt.Sprintf("<b>%s · %s</b>", stateWords(o), view.Safe(strings.TrimSpace(sideWord(o.Side)+" "+v.units(o.Quantity)+" "+view.ContractName(o.Symbol, c.AsOf))))
	lines := []string{head}
	if o.State() == kite.OrderRejected {
		lines = append(lines, reason(o, v, 600))
	} else if text := strings.TrimSpace(view.CleanTo(v.words(o.Reason), 600)); view.Width(text) > 0 {
		lines = append(lines, view.Escape(text))
	}
	return lines
}

// stateWords names an order's state; one that is on its way, or that is
// not classified, by Kite's own status.
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
	return view.Safe(statusName(o.Status))
}

// statusName writes Kite's status in small letters: "Trigger pending".
func statusName(status string) string {
	status = strings.ToLower(view.Clean(status))
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
		return view.Clean(side)
	}
}

// orderFacts are what was asked for and what came of it; what is not there is
// left out.
func orderFacts(o kite.Order, v mask) []string {
	lines := []string{view.Safe(strings.Join(nonEmpty(o.Exchange, o.Product, o.Type, o.Validity, o.Variety), " · "))}
	u := view.FormatOf(o.Exchange + ":" + o.Symbol)
	for _, price := range []struct {
		name  string
		f     kite.Figure
		write func(decimal.Decimal) string
	}{{"Price", priceOf(o.Price), u.Price}, {"Trigger", priceOf(o.TriggerPrice), u.Price}, {"Avg.", priceOf(o.AveragePrice), u.Average}} {
		if price.f.OK {
			lines = append(lines, price.name+" "+v.write(price.f, price.write))
		}
	}
	lines = append(lines, filledWords(o, v)...)
	if !o.At().IsZero() {
		lines = append(lines, "Placed "+dateTimeSeconds(o.At()))
	}
	if !o.ExchangeAt.IsZero() {
		lines = append(lines, "At the exchange "+dateTimeSeconds(o.ExchangeAt))
	}
	if o.Tag != "" {
		lines = append(lines, "Tag "+view.Safe(v.words(o.Tag)))
	}
	return append(lines, "Order <code>"+view.Safe(o.ID)+"</code>")
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

func cardTrades(v OrderCardView, s *view.Sheet) {
	switch {
	case v.NoTrades:
		s.Say("Trades: Kite did not answer.")
	case len(v.Trades) > 0:
		newest := kite.TradesNewestFirst(v.Trades)
		s.Say("<b>" + view.Plural(len(newest), "trade", "trades") + "</b>")
		s.TableUnder(fillsTable(newest[:min(len(newest), maxSteps)], v))
		s.Under(moreRows(len(newest))...)
	}
}

// fillsTable shows when how much was traded, and at which price.
func fillsTable(trades []kite.Trade, v OrderCardView) view.Table {
	t := view.Table{Head: []string{"At", "Qty", "Price"}}
	for _, trade := range trades {
		r := view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent}}
		if !trade.Missing {
			r = view.Row{Name: momentOf(trade.At(), v.AsOf, seconds), Numbers: []string{shortQuantity(trade.Quantity), tradePrice(trade)}}
		}
		if v.Hide {
			r.Numbers = []string{masked, masked}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// cardHistory shows the steps of the order, the newest first.
func cardHistory(v OrderCardView, s *view.Sheet) {
	if v.NoHistory {
		s.Say("History: Kite did not answer.")
		return
	}
	t := view.Table{Head: []string{"History", "At"}}
	for i := len(v.History) - 1; i >= 0 && len(t.Rows) < maxSteps; i-- {
		step := v.History[i]
		name := statusName(step.Status)
		if step.Missing {
			name = "(no data)"
		}
		t.Rows = append(t.Rows, view.Row{Name: name, Numbers: []string{momentOf(step.At(), v.AsOf, seconds)}})
	}
	s.Table(t)
	s.Under(moreRows(len(v.History))...)
}

// moreRows says how many rows a card leaves out.
func moreRows(all int) []string {
	if all <= maxSteps {
		return nil
	}
	return []string{fmt.Sprintf("and %d earlier", all-maxSteps)}
}

func orderCardButtons(v OrderCardView) [][]view.Button {
	row := []view.Button{cardButton("Refresh", "orders", v.Ref, v.Page), pageButton("Back", "orders", v.Page)}
	if id := strings.TrimSpace(view.Clean(v.Order.ID)); id != "" && id == v.Order.ID {
		row = append([]view.Button{{Text: "Copy id", Copy: id}}, row...)
	}
	return [][]view.Button{row}
}
