package sample

import (
	"fmt"
	"strings"
	"time"
)

// Alert is one row of alerts get, a tool that only Next has.
type Alert struct {
	Type             string    `json:"type"`
	UserID           string    `json:"user_id"`
	UUID             string    `json:"uuid"`
	Name             string    `json:"name"`
	Status           string    `json:"status"`
	DisabledReason   string    `json:"disabled_reason"`
	LHSAttribute     string    `json:"lhs_attribute"`
	LHSExchange      string    `json:"lhs_exchange"`
	LHSTradingsymbol string    `json:"lhs_tradingsymbol"`
	Operator         string    `json:"operator"`
	RHSType          string    `json:"rhs_type"`
	RHSAttribute     string    `json:"rhs_attribute"`
	RHSExchange      string    `json:"rhs_exchange"`
	RHSTradingsymbol string    `json:"rhs_tradingsymbol"`
	RHSConstant      float64   `json:"rhs_constant"`
	AlertCount       int       `json:"alert_count"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
}

// AlertEvent is one row of an alert's history: the market at the moment when it went off.
type AlertEvent struct {
	UUID      string      `json:"uuid"`
	Type      string      `json:"type"`
	Meta      []AlertMeta `json:"meta"`
	Condition string      `json:"condition"`
	CreatedAt time.Time   `json:"created_at"`
	OrderMeta any         `json:"order_meta"`
}

// AlertMeta is one side of an alert at that moment. Its times are plain text.
type AlertMeta struct {
	InstrumentToken   uint32  `json:"instrument_token"`
	Tradingsymbol     string  `json:"tradingsymbol"`
	Timestamp         string  `json:"timestamp"`
	LastPrice         float64 `json:"last_price"`
	OHLC              OHLC    `json:"ohlc"`
	NetChange         float64 `json:"net_change"`
	Exchange          string  `json:"exchange"`
	LastTradeTime     string  `json:"last_trade_time"`
	LastQuantity      int     `json:"last_quantity"`
	BuyQuantity       int     `json:"buy_quantity"`
	SellQuantity      int     `json:"sell_quantity"`
	Volume            int     `json:"volume"`
	VolumeTick        int     `json:"volume_tick"`
	AveragePrice      float64 `json:"average_price"`
	OI                float64 `json:"oi"`
	OIDayHigh         float64 `json:"oi_day_high"`
	OIDayLow          float64 `json:"oi_day_low"`
	LowerCircuitLimit float64 `json:"lower_circuit_limit"`
	UpperCircuitLimit float64 `json:"upper_circuit_limit"`
}

// alert is an enabled alert on the price of an instrument that has not gone off.
func (m sample) alert(number int, userID, name, id, operator string, price float64) Alert {
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

// triggered tells that it did, so many times, last at a moment.
func (a Alert) triggered(times int, last time.Time) Alert {
	a.AlertCount, a.UpdatedAt = times, last
	return a
}

// disabled disables it.
func (a Alert) disabled(reason string) Alert {
	a.Status, a.DisabledReason = "disabled", reason
	return a
}

// condition is the alert as Kite writes it down.
func (a Alert) condition() string {
	right := fmt.Sprint(a.RHSConstant)
	if a.RHSType == "instrument" {
		right = fmt.Sprintf("%s(%q)", a.RHSAttribute, a.RHSExchange+":"+a.RHSTradingsymbol)
	}
	return fmt.Sprintf("%s(%q) %s %s", a.LHSAttribute, a.LHSExchange+":"+a.LHSTradingsymbol, a.Operator, right)
}

// AlertHistory tells when the alert went off, one second apart, with the prices of the book.
func (b *Market) AlertHistory(a Alert) []AlertEvent {
	out := []AlertEvent{}
	l := b.ByID[a.LHSExchange+":"+a.LHSTradingsymbol]
	for i := range a.AlertCount {
		at := a.UpdatedAt.Add(time.Duration(i-a.AlertCount+1) * time.Second)
		stamp := at.In(IST()).Format(time.DateTime)
		out = append(out, AlertEvent{
			UUID: a.UUID, Type: a.Type, Condition: a.condition(), CreatedAt: at,
			Meta: []AlertMeta{{
				InstrumentToken: l.InstrumentToken, Tradingsymbol: l.Tradingsymbol, Exchange: l.Exchange, Timestamp: stamp,
				LastPrice: l.LastPrice, AveragePrice: l.LastPrice, OHLC: l.DayOHLC(at), NetChange: l.LastPrice - l.Close,
				LastTradeTime: stamp, LastQuantity: l.LotSize, Volume: l.Volume,
			}},
		})
	}
	return out
}
