package kite

import (
	"context"

	"kitebot/internal/sim/kite/sample"
)

// nextOrder is an Order as the rewrite answers it, with two keys more: the fields here stand after, or instead of,
// those of the Order.
type nextOrder struct {
	sample.Order
	MarketProtection float64  `json:"market_protection"`
	Tag              string   `json:"tag"`
	Tags             []string `json:"tags"`
	GUID             string   `json:"guid"`
}

// nextOrders adds what the rewrite adds. Only an order that was placed has a GUID.
func nextOrders(orders []sample.Order) []nextOrder {
	var out []nextOrder
	for _, o := range orders {
		n := nextOrder{Order: o, Tag: o.Tag, Tags: o.Tags}
		if o.OrderID != "" {
			n.GUID = "G" + o.OrderID
		}
		out = append(out, n)
	}
	return out
}

// nextGTT is a GTT as the rewrite answers it.
type nextGTT struct {
	sample.GTT
	Orders []nextOrder    `json:"orders"`
	Meta   sample.GTTMeta `json:"meta"`
}

func nextGTTs(a *sample.Account) []nextGTT {
	var out []nextGTT
	for _, g := range a.GTTs {
		out = append(out, nextGTT{GTT: g, Orders: nextOrders(g.Orders), Meta: g.Meta})
	}
	return out
}

// funds are all there are, never in pages.
func funds(a *sample.Account) []sample.MFHolding {
	return append([]sample.MFHolding{}, a.MFHoldings...)
}

// compactHolding is a row of portfolio holdings with type compact.
type compactHolding struct {
	Exchange        string `json:"exchange"`
	Tradingsymbol   string `json:"tradingsymbol"`
	InstrumentToken uint32 `json:"instrument_token"`
	T1Quantity      int    `json:"t1_quantity"`
	Quantity        int    `json:"quantity"`
}

func compactHoldings(a *sample.Account) []compactHolding {
	var out []compactHolding
	for _, h := range a.Holdings {
		out = append(out, compactHolding{h.Exchange, h.Tradingsymbol, h.InstrumentToken, h.T1Quantity, h.Quantity})
	}
	return out
}

// holdingsSummary is the answer of portfolio holdings with type summary, as Kite sums it up.
type holdingsSummary struct {
	TotalPnL        float64 `json:"total_pnl"`
	TotalPnLPercent float64 `json:"total_pnl_percent"`
	TodayPnL        float64 `json:"today_pnl"`
	TodayPnLPercent float64 `json:"today_pnl_percent"`
	InvestedAmount  float64 `json:"invested_amount"`
	CurrentValue    float64 `json:"current_value"`
}

// summary sums up delivered and arriving shares.
func summary(a *sample.Account) holdingsSummary {
	var sum holdingsSummary
	for _, h := range a.Holdings {
		many := float64(h.OpeningQuantity)
		sum.InvestedAmount += many * h.AveragePrice
		sum.CurrentValue += many * h.LastPrice
		sum.TodayPnL += many * h.DayChange
	}
	sum.TotalPnL = sum.CurrentValue - sum.InvestedAmount
	if sum.InvestedAmount != 0 {
		sum.TotalPnLPercent = sum.TotalPnL / sum.InvestedAmount * 100
	}
	if before := sum.CurrentValue - sum.TodayPnL; before != 0 {
		sum.TodayPnLPercent = sum.TodayPnL / before * 100
	}
	return sum
}

// runNextHoldings answers holdings in one of three forms; a form that does not exist means the full one.
func runNextHoldings(ctx context.Context, s *Server, c *call) answer {
	switch c.args.text("type", "full") {
	case "compact":
		c.failure = "Failed to get compact holdings"
		return listTool(compactHoldings)(ctx, s, c)
	case "summary":
		c.failure = "Failed to get holdings summary"
		return valueTool(summary)(ctx, s, c)
	}
	return readTools()["get_holdings"](ctx, s, c)
}
