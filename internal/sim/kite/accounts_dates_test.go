package kite_test

import (
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// Whenever the accounts are looked at, nothing of them lies ahead, nothing is
// older than the session that is shown, and nothing has expired.
func TestAccountsMoveWithTime(t *testing.T) {
	for _, at := range []string{
		"2026-11-20 18:00", "2026-11-23 09:16", "2026-11-23 12:00", "2026-11-24 11:00", "2026-11-25 08:00",
		"2026-11-28 12:00", "2026-12-17 10:00", "2026-12-31 16:00", "2027-01-01 09:00", "2028-02-29 15:29",
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", at, time.FixedZone("IST", 19800))
		if err != nil {
			t.Fatal(err)
		}
		w := startServer(t, func(o *kite.Options) { o.AsOf = now })
		w.clock.add(now.Sub(w.clock.Now()))
		session := w.loggedIn("KN1180")
		for _, a := range sample.AccountsAt(now) {
			for _, o := range a.Orders {
				if ago := now.Sub(o.OrderTimestamp); ago < 0 || ago > 4*24*time.Hour {
					t.Errorf("%s: an order of %v", at, o.OrderTimestamp)
				}
				if want := o.OrderTimestamp.Format("060102"); !strings.HasPrefix(o.OrderID, want) {
					t.Errorf("%s: order %s of %s", at, o.OrderID, want)
				}
			}
			for _, g := range a.GTTs {
				if g.CreatedAt.After(now) || g.ExpiresAt.Before(now) {
					t.Errorf("%s: a GTT from %v to %v", at, g.CreatedAt, g.ExpiresAt)
				}
			}
			for _, p := range a.Positions.Net {
				row := decode[[]sample.Instrument](t, w.call(session, "search_instruments", `{"query":"`+p.Exchange+":"+p.Tradingsymbol+`"}`))
				if len(row) != 1 || row[0].ExpiryDate != "" && row[0].ExpiryDate <= now.Format(time.DateOnly) && row[0].ExpiryDate <= a.Orders[0].OrderTimestamp.Format(time.DateOnly) {
					t.Errorf("%s: %s is %+v", at, p.Tradingsymbol, row)
				}
			}
		}
	}
}

// A quote's range is that of the picture of the same day, and its price is
// within its circuit limits.
func TestQuotesFitTheirCandles(t *testing.T) {
	for _, minutes := range []time.Duration{0, 47, 330} { // after 10:00
		w := startServer(t)
		w.clock.add(minutes * time.Minute)
		session := w.loggedIn("KN1180")
		for _, id := range []string{"NSE:INFY", "NSE:TITAN", "NSE:LIQUIDBEES", "NFO:NIFTY26NOV26000CE", "NSE:NIFTY 50", "NSE:RVNSTEEL-BE"} {
			q := decode[map[string]sample.FullQuote](t, w.call(session, "get_quotes", `{"instruments":["`+id+`"]}`))[id]
			if q.UpperCircuitLimit != 0 && (q.LastPrice < q.LowerCircuitLimit || q.LastPrice > q.UpperCircuitLimit) {
				t.Errorf("%s: %v is outside of %v to %v", id, q.LastPrice, q.LowerCircuitLimit, q.UpperCircuitLimit)
			}
			rows := w.candlesOf(session, q.InstrumentToken, "2026-11-20 09:15:00", "2026-11-20 15:30:00", "5minute")
			low, high := rows[0].Low, rows[0].High
			for _, c := range rows {
				low, high = min(low, c.Low), max(high, c.High)
			}
			if last := rows[len(rows)-1].Close; low != q.OHLC.Low || high != q.OHLC.High || rows[0].Open != q.OHLC.Open || last != q.LastPrice {
				t.Errorf("%s: candles from %v to %v and %v; the quote is %+v", id, low, high, last, q)
			}
		}
	}
}
