package sample

import (
	"fmt"
	"strings"
	"time"
)

// builder builds the data of one person from the prices of the market, so that all figures fit together.
type builder struct {
	listings map[string]Listing
	day      time.Time // the session that orders and trades are from, its midnight
	passed   float64   // how much of that session is over, up to 1
}

func newBuilder(now time.Time) builder {
	m := builder{listings: map[string]Listing{}, day: lastTradingDay(now)}
	m.passed = min(now.Sub(m.day.Add(marketOpens*time.Minute)).Minutes()/(marketCloses-marketOpens), 1)
	for _, l := range instruments(m.day) {
		m.listings[l.ID] = l
	}
	return m
}

// find returns an instrument and panics if there is none, which is a typing mistake in this package.
func (m builder) find(id string) Listing {
	l, ok := m.listings[id]
	if !ok {
		panic(fmt.Sprintf("sample: no instrument %q", id))
	}
	return l
}

// nearestContract is the id of the nearest contract on an underlying whose symbol ends like this.
func (m builder) nearestContract(exchange, underlying, ending string) string {
	for id, l := range m.listings {
		if l.Exchange == exchange && l.Name == underlying && strings.HasSuffix(l.Tradingsymbol, ending) {
			return id
		}
	}
	panic(fmt.Sprintf("sample: no contract %s:%s…%s", exchange, underlying, ending))
}

// daysBefore is the date of a session before that of the day, as funds write it.
func (m builder) daysBefore(sessions int) string {
	d := m.day
	for range sessions {
		d = tradingDayBefore(d)
	}
	return d.Format(time.DateOnly)
}

// holding is a holding of so many delivered shares; its figures follow from the prices.
func (m builder) holding(id string, quantity int, average float64) Holding {
	l := m.find(id)
	h := Holding{
		Tradingsymbol: l.Tradingsymbol, Exchange: l.Exchange, InstrumentToken: l.InstrumentToken, ISIN: l.ISIN, Product: "CNC",
		Quantity: quantity, RealisedQuantity: quantity, OpeningQuantity: quantity, AuthorisedDate: m.day,
		AveragePrice: average, LastPrice: l.LastPrice, ClosePrice: l.Close,
	}
	return h.withFigures()
}

// withFigures computes what follows from quantities and prices, with the noise that floats have.
func (h Holding) withFigures() Holding {
	h.PnL = (h.LastPrice - h.AveragePrice) * float64(h.OpeningQuantity)
	h.DayChange = h.LastPrice - h.ClosePrice
	h.DayChangePercentage = 0
	if h.ClosePrice != 0 {
		h.DayChangePercentage = h.DayChange / h.ClosePrice * 100
	}
	return h
}

// withT1 adds shares that were bought and wait for delivery.
func (h Holding) withT1(quantity int) Holding {
	h.T1Quantity = quantity
	h.OpeningQuantity += quantity
	return h.withFigures()
}

// withT1Included has so many of the shares in Quantity wait for delivery.
func (h Holding) withT1Included(quantity int) Holding {
	h.T1Quantity = quantity
	h.RealisedQuantity -= quantity
	return h
}

// withDiscrepancy is a holding whose average price Kite calls unreliable.
func (h Holding) withDiscrepancy() Holding {
	h.Discrepancy = true
	return h
}

// withPledged adds shares that are pledged for margin.
func (h Holding) withPledged(quantity int) Holding {
	h.CollateralQuantity, h.CollateralType = quantity, "equity"
	return h
}

// withMTF adds shares that were bought with borrowed money.
func (h Holding) withMTF(quantity int, average, initial float64) Holding {
	h.MTF = MTF{Quantity: quantity, AveragePrice: average, Value: average * float64(quantity), InitialMargin: initial}
	return h
}

// lots is a number of shares or contracts and their average price.
type lots struct {
	quantity int
	price    float64
}

func (l lots) value(multiplier float64) float64 { return float64(l.quantity) * l.price * multiplier }

// position returns both views of what happened to an instrument: carried overnight (negative when short), then bought
// and sold during the day. The day view knows nothing of what was carried.
func (m builder) position(id, product string, carried, bought, sold lots) (day, net Position) {
	l := m.find(id)
	blank := Position{
		Tradingsymbol: l.Tradingsymbol, Exchange: l.Exchange, InstrumentToken: l.InstrumentToken, Product: product,
		Multiplier: float64(l.Multiplier), ClosePrice: l.Close, LastPrice: l.LastPrice,
		DayBuyQuantity: bought.quantity, DayBuyPrice: bought.price, DayBuyValue: bought.value(float64(l.Multiplier)),
		DaySellQuantity: sold.quantity, DaySellPrice: sold.price, DaySellValue: sold.value(float64(l.Multiplier)),
	}
	day = blank.withTotals(lots{}, bought, sold)
	return day, blank.withTotals(carried, bought, sold)
}

// withTotals computes a position from its parts.
func (p Position) withTotals(carried, bought, sold lots) Position {
	x := p.Multiplier
	p.OvernightQuantity = carried.quantity
	p.BuyQuantity, p.BuyValue, p.BuyM2M = bought.quantity, bought.value(x), bought.value(x)
	p.SellQuantity, p.SellValue, p.SellM2M = sold.quantity, sold.value(x), sold.value(x)
	if carried.quantity > 0 {
		p.BuyQuantity += carried.quantity
		p.BuyValue += carried.value(x)
		p.BuyM2M += lots{carried.quantity, p.ClosePrice}.value(x)
	} else {
		p.SellQuantity -= carried.quantity
		p.SellValue -= carried.value(x)
		p.SellM2M -= lots{carried.quantity, p.ClosePrice}.value(x)
	}
	p.BuyPrice, p.SellPrice = perUnit(p.BuyValue, p.BuyQuantity, x), perUnit(p.SellValue, p.SellQuantity, x)
	p.Quantity = p.BuyQuantity - p.SellQuantity
	if p.Quantity > 0 {
		p.AveragePrice = p.BuyPrice
	} else if p.Quantity < 0 {
		p.AveragePrice = p.SellPrice
	}
	worth := float64(p.Quantity) * p.LastPrice * x
	p.Value = p.SellValue - p.BuyValue
	p.PnL = p.Value + worth
	p.M2M = p.SellM2M - p.BuyM2M + worth
	p.Unrealised = p.PnL
	return p
}

func perUnit(value float64, quantity int, multiplier float64) float64 {
	if quantity == 0 {
		return 0
	}
	return value / float64(quantity) / multiplier
}

// at is a moment of the day, "15:04:05". While the session goes on, what happened in it is brought forward in
// proportion, so that nothing lies ahead.
func (m builder) at(clock string) time.Time {
	t, err := time.ParseInLocation("15:04:05", clock, IST())
	if err != nil {
		panic(fmt.Sprintf("sample: %q is no time of day", clock))
	}
	const opens = marketOpens * time.Minute
	since := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second - opens
	return m.day.Add(opens + time.Duration(float64(since)*m.passed).Truncate(time.Second))
}

// profile fills in what is the same in every account.
func profile(userID, name, shortName, email string) Profile {
	return Profile{
		UserID: userID, UserName: name, UserShortname: shortName, UserType: "individual", Email: email, Broker: "ZERODHA",
		Meta: ProfileMeta{DematConsent: "consent"}, Products: []string{"CNC", "NRML", "MIS", "BO", "CO"},
		OrderTypes: []string{"MARKET", "LIMIT", "SL", "SL-M"}, Exchanges: []string{"NSE", "BSE", "NFO", "BFO", "MCX", "MF"},
	}
}

// order is an order of a person, open and untouched; the functions below say what became of it. Its id is the date and
// the number.
func (m builder) order(userID, number, id, side, product string, quantity, price float64, clock string) Order {
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
func (m builder) gtt(number int, userID, id, side string, quantity float64, triggers ...float64) GTT {
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

// alert is an enabled alert on the price of an instrument that has not gone off.
func (m builder) alert(number int, userID, name, id, operator string, price float64) Alert {
	l := m.find(id)
	return Alert{
		Type: "simple", UserID: userID, UUID: fmt.Sprintf("3f6c1d20-%04d-4000-9000-5ac0ffee%04d", number, number), Name: name,
		Status:       "enabled",
		LHSAttribute: "LastTradedPrice", LHSExchange: l.Exchange, LHSTradingsymbol: l.Tradingsymbol, Operator: operator,
		RHSType: "constant", RHSConstant: price, CreatedAt: m.day.AddDate(0, 0, -number), UpdatedAt: m.day.AddDate(0, 0, -number),
	}
}

// comparedWith makes it compare two instruments.
func (a Alert) comparedWith(id string) Alert {
	exchange, symbol, _ := strings.Cut(id, ":")
	a.RHSType, a.RHSConstant, a.RHSAttribute, a.RHSExchange, a.RHSTradingsymbol = "instrument", 0, "LastTradedPrice", exchange, symbol
	return a
}

// triggered makes it one that has gone off so many times, last at a moment.
func (a Alert) triggered(times int, last time.Time) Alert {
	a.AlertCount, a.UpdatedAt = times, last
	return a
}

// disabled disables it.
func (a Alert) disabled(reason string) Alert {
	a.Status, a.DisabledReason = "disabled", reason
	return a
}
