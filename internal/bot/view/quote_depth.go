package view

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"kitebot/internal/kite"
)

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
		s.under(fmt.Sprintf("All bids %s · all asks %s", volumeOf(q.BuyQuantity), volumeOf(q.SellQuantity)))
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
