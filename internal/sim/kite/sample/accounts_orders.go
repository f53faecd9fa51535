package sample

import "time"

// order is an order of a person, open and untouched; the functions below say what became of it. Its id is the date and
// the number.
func (m sample) order(userID, number, id, side, product string, quantity, price float64, clock string) Order {
	l, kind, orderID := m.find(id), "LIMIT", m.day.Format("060102")+number
	if price == 0 {
		kind = "MARKET"
	}
	return Order{
		PlacedBy: userID, OrderID: orderID, ExchangeOrderID: "13" + orderID[2:], Status: "OPEN", Variety: "regular",
		OrderTimestamp: m.at(clock), ExchangeUpdateTimestamp: m.at(clock), ExchangeTimestamp: m.at(clock), Meta: map[string]any{},
		Exchange: l.Exchange, Tradingsymbol: l.Tradingsymbol, InstrumentToken: l.InstrumentToken,
		OrderType: kind, TransactionType: side, Validity: "DAY", Product: product,
		Quantity: quantity, Price: price, PendingQuantity: quantity,
	}
}

// filled completes an order at an average price.
func (o Order) filled(average float64) Order {
	o.Status, o.AveragePrice = "COMPLETE", average
	o.FilledQuantity, o.PendingQuantity = o.Quantity, 0
	return o
}

// rejected refuses an order before it reached the exchange, with the words for people and those of the risk system.
func (o Order) rejected(reason, raw string) Order {
	o.Status, o.StatusMessage, o.StatusMessageRaw = "REJECTED", reason, raw
	o.ExchangeOrderID, o.PendingQuantity = "", 0
	o.ExchangeTimestamp, o.ExchangeUpdateTimestamp = time.Time{}, time.Time{}
	return o
}

// cancelled takes an order back before anything of it was filled.
func (o Order) cancelled() Order {
	o.Status, o.CancelledQuantity = "CANCELLED", o.Quantity
	return o
}

// pendingTrigger makes it a stop order whose trigger has not come.
func (o Order) pendingTrigger(trigger float64) Order {
	o.Status, o.OrderType, o.TriggerPrice = "TRIGGER PENDING", "SL", trigger
	return o
}

// trade is a part of a completed order.
func (o Order) trade(tradeID string, quantity, price float64) Trade {
	return Trade{
		AveragePrice: price, Quantity: quantity, TradeID: tradeID, Product: o.Product, FillTimestamp: o.ExchangeTimestamp,
		ExchangeTimestamp: o.ExchangeTimestamp, ExchangeOrderID: o.ExchangeOrderID, OrderID: o.OrderID,
		TransactionType: o.TransactionType, Tradingsymbol: o.Tradingsymbol, Exchange: o.Exchange, InstrumentToken: o.InstrumentToken,
	}
}

// gtt is a waiting GTT with one leg per trigger value, each selling or buying at the trigger.
func (m sample) gtt(number int, userID, id, side string, quantity float64, triggers ...float64) GTT {
	l, kind := m.find(id), "single"
	if len(triggers) > 1 {
		kind = "two-leg"
	}
	g := GTT{
		ID: number, UserID: userID, Type: kind, Status: "active",
		CreatedAt: m.day.AddDate(0, -2, 0), UpdatedAt: m.day.AddDate(0, -1, -3), ExpiresAt: m.day.AddDate(0, 10, 0),
		Condition: GTTCondition{Exchange: l.Exchange, Tradingsymbol: l.Tradingsymbol, LastPrice: l.Close, TriggerValues: triggers},
	}
	for _, price := range triggers {
		g.Orders = append(g.Orders, Order{
			Exchange: l.Exchange, Tradingsymbol: l.Tradingsymbol, OrderType: "LIMIT", TransactionType: side,
			Product: "CNC", Quantity: quantity, Price: price,
		})
	}
	return g
}
