package kite_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// The key order is that of the real server, written down here a second time and by hand.
func TestShapes(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	for tool, want := range map[string]string{
		"get_holdings":       "tradingsymbol exchange instrument_token isin product price used_quantity quantity t1_quantity realised_quantity authorised_quantity authorised_date opening_quantity collateral_quantity collateral_type discrepancy average_price last_price close_price pnl day_change day_change_percentage mtf",
		"get_positions":      "tradingsymbol exchange instrument_token product quantity overnight_quantity multiplier average_price close_price last_price value pnl m2m unrealised realised buy_quantity buy_price buy_value buy_m2m sell_quantity sell_price sell_value sell_m2m day_buy_quantity day_buy_price day_buy_value day_sell_quantity day_sell_price day_sell_value",
		"get_orders":         "account_id placed_by order_id exchange_order_id parent_order_id status status_message status_message_raw order_timestamp exchange_update_timestamp exchange_timestamp variety modified meta exchange tradingsymbol instrument_token order_type transaction_type validity validity_ttl product quantity disclosed_quantity price trigger_price average_price filled_quantity pending_quantity cancelled_quantity auction_number tag tags",
		"get_trades":         "average_price quantity trade_id product fill_timestamp exchange_timestamp exchange_order_id order_id transaction_type tradingsymbol exchange instrument_token",
		"get_gtts":           "id user_id type created_at updated_at expires_at status condition orders meta",
		"get_mf_holdings":    "folio fund tradingsymbol average_price last_price last_price_date pnl quantity",
		"get_profile":        "user_id user_name user_shortname avatar_url user_type email broker meta products order_types exchanges",
		"get_margins":        "equity commodity",
		"search_instruments": "id instrument_token exchange_token tradingsymbol exchange isin name series last_price strike tick_size lot_size multiplier instrument_type segment delivery_units price_units freeze_quantity max_order_quantity expiry_type expiry_date exercise_start_date exercise_end_date issue_date listing_date maturity_date lower_circuit_limit upper_circuit_limit active",
	} {
		r := w.call(id, tool, `{"query":"ITC"}`)
		if got := keys(t, r.text); got != want {
			t.Errorf("%s:\n%s", tool, cmp.Diff(want, got))
		}
	}
	history := w.call(id, "get_historical_data", `{"instrument_token":505089,"from_date":"2026-11-20 00:00:00","to_date":"2026-11-20 00:00:00","interval":"day"}`).text
	if !strings.HasPrefix(history, `[{"date":"2026-11-20T00:00:00+05:30","open":`) || keys(t, history) != "date open high low close volume oi" {
		t.Errorf("history: %s", history)
	}
	ltp := w.call(id, "get_ltp", `{"instruments":["NSE:M&M","NSE:NOPE"]}`).text
	if want := `{"NSE:M\u0026M":{"instrument_token":528129,"last_price":3714.2}}`; ltp != want {
		t.Errorf("ltp: %s, want %s", ltp, want)
	}
	q := w.call(id, "get_quotes", `{"instruments":["NSE:ITC"]}`).text
	for _, want := range []string{`{"NSE:ITC":{"instrument_token":505089,"timestamp":"2026-11-20T10:00:00+05:30","last_price":402.85,"last_quantity":1,`,
		`"net_change":0,"oi":0,"oi_day_high":0,"oi_day_low":0,"lower_circuit_limit":`, `"depth":{"buy":[{"price":402.8,"quantity":7,"orders":1}`} {
		if !strings.Contains(q, want) {
			t.Errorf("quote lacks %s: %s", want, q)
		}
	}
}

// keys lists the keys of an object, or of the first object of a list, in their order.
func keys(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "[")))
	var out []string
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, k.(string))
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(out, " ")
}

func TestHoldingsFitTogether(t *testing.T) {
	for _, a := range append(sample.Accounts(), sample.Generate(7, 12)) {
		for _, h := range a.Holdings {
			if h.PnL != (h.LastPrice-h.AveragePrice)*float64(h.OpeningQuantity) || h.DayChange != h.LastPrice-h.ClosePrice ||
				h.ClosePrice != 0 && h.DayChangePercentage != h.DayChange/h.ClosePrice*100 ||
				h.RealisedQuantity+h.T1Quantity != h.OpeningQuantity || h.MTF.Value != h.MTF.AveragePrice*float64(h.MTF.Quantity) {
				t.Errorf("%s %s does not add up: %+v", a.UserID(), h.Tradingsymbol, h)
			}
		}
	}
}

// The unusual rows that clients get wrong must stay in the demo account.
func TestOneAccountIsUnusual(t *testing.T) {
	a := sample.AccountOf("MK4021")
	if n := len(a.Holdings); n != 25 {
		t.Errorf("%d holdings, want 25", n)
	}
	isins := map[string]int{}
	seen := map[string]bool{}
	for _, h := range a.Holdings {
		isins[h.ISIN]++
		value := h.LastPrice * float64(h.Quantity)
		for name, yes := range map[string]bool{
			"T1 only":      h.Quantity == 0 && h.T1Quantity == 1,
			"pledged":      h.CollateralQuantity > 0 && h.Quantity > 0,
			"all pledged":  h.CollateralQuantity > 0 && h.Quantity == 0,
			"T1 within":    h.T1Quantity > 0 && h.Quantity == h.RealisedQuantity+h.T1Quantity,
			"discrepancy":  h.Discrepancy,
			"margin":       h.MTF.Quantity > 0,
			"no price":     h.LastPrice == 0,
			"long symbol":  len(h.Tradingsymbol) > 20,
			"ampersand":    strings.Contains(h.Tradingsymbol, "&"),
			"loss":         h.PnL < 0,
			"crore":        value > 1e7,
			"both markets": isins[h.ISIN] == 2,
			"series":       strings.HasSuffix(h.Tradingsymbol, "-BE"),
			"float noise":  h.DayChange != math.Round(h.DayChange*100)/100,
		} {
			seen[name] = seen[name] || yes
		}
	}
	for _, name := range []string{"T1 only", "T1 within", "pledged", "all pledged", "discrepancy", "margin", "no price", "long symbol", "ampersand", "loss", "crore", "both markets", "series", "float noise"} {
		if !seen[name] {
			t.Errorf("no holding with: %s", name)
		}
	}
	if !strings.Contains(a.MFHoldings[0].Fund, "<") || !strings.ContainsRune(a.MFHoldings[0].Fund, 'फ') {
		t.Errorf("fund: %s", a.MFHoldings[0].Fund)
	}
}

func TestPositionsAreDayThenNet(t *testing.T) {
	w := startServer(t)
	got := decode[[]sample.Position](t, w.call(w.loggedIn("MK4021"), "get_positions", `{}`))
	if len(got) != 7 {
		t.Fatalf("%d rows, want 3 of the day and 4 net", len(got))
	}
	day, net := got[0], got[6]
	if day.Tradingsymbol != "NIFTY26NOVFUT" || net.Tradingsymbol != day.Tradingsymbol {
		t.Fatalf("rows: %s, %s", day.Tradingsymbol, net.Tradingsymbol)
	}
	if day.Quantity != -75 || net.Quantity != 0 || net.OvernightQuantity != 75 || day.AveragePrice != 26188.25 || net.AveragePrice != 0 {
		t.Errorf("day %+v\nnet %+v", day, net)
	}
	if want := 75 * (26188.25 - 26011.6); math.Abs(net.PnL-want) > 1e-6 || math.Abs(day.PnL-75*(26188.25-26094.4)) > 1e-6 ||
		math.Abs(net.M2M-75*(26188.25-26226.9)) > 1e-6 {
		t.Errorf("p&l: net %v, want %v; day %v; m2m %v", net.PnL, want, day.PnL, net.M2M)
	}
}

func TestOrderHistoryAndTrades(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	for _, o := range decode[[]sample.Order](t, w.call(id, "get_orders", `{}`)) {
		steps := decode[[]sample.Order](t, w.call(id, "get_order_history", `{"order_id":"`+o.OrderID+`"}`))
		if last := steps[len(steps)-1]; last.Status != o.Status || steps[0].Status != "PUT ORDER REQ RECEIVED" {
			t.Errorf("%s %s: history ends with %s", o.OrderID, o.Status, last.Status)
		}
		var filled float64
		for _, trade := range decode[[]sample.Trade](t, w.call(id, "get_order_trades", `{"order_id":"`+o.OrderID+`"}`)) {
			filled += trade.Quantity
		}
		if filled != o.FilledQuantity {
			t.Errorf("%s: trades of %v, filled %v", o.OrderID, filled, o.FilledQuantity)
		}
		if o.Status == "REJECTED" && (o.StatusMessage == "" || !o.ExchangeTimestamp.IsZero()) {
			t.Errorf("rejected: %+v", o)
		}
	}
}

func TestSetAccount(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("AD7730")
	a := sample.AccountOf("AD7730")
	a.Holdings = a.Holdings[:2]
	if err := w.sim.SetAccount(a); err != nil {
		t.Fatal(err)
	}
	if got := decode[[]sample.Holding](t, w.call(id, "get_holdings", `{}`)); len(got) != 2 {
		t.Errorf("%d holdings", len(got))
	}
	if err := w.sim.SetAccount(sample.Generate(1, 1)); err == nil {
		t.Error("an account that is not there was replaced")
	}
}

func TestGeneratedFiguresShowTheirOwner(t *testing.T) {
	users := map[string]int64{}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Int64Range(0, 60_000).Draw(t, "seed")
		a := sample.Generate(seed, rapid.IntRange(0, 99).Draw(t, "holdings"))
		if other, taken := users[a.UserID()]; taken && other != seed {
			t.Fatalf("%s belongs to %d and %d", a.UserID(), other, seed)
		}
		users[a.UserID()] = seed
		tokens := map[uint32]bool{}
		for _, h := range a.Holdings {
			tokens[h.InstrumentToken] = true
			for _, figure := range []float64{float64(h.Quantity), h.AveragePrice, h.LastPrice, h.ClosePrice, a.Margins.Equity.Net} {
				if int64(figure/1000) != seed {
					t.Fatalf("%v of seed %d", figure, seed)
				}
			}
		}
		if len(tokens) != len(a.Holdings) {
			t.Fatalf("tokens repeat: %v", tokens)
		}
		if diff := cmp.Diff(a, sample.Generate(seed, len(a.Holdings))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestGeneratedAccountsCanBeQuoted(t *testing.T) {
	w := startServer(t, func(o *kite.Options) { o.Accounts = []sample.Account{sample.Generate(3, 2), sample.Generate(4, 2)} })
	id := w.loggedIn("ZZ0004")
	got := decode[map[string]sample.LTPQuote](t, w.call(id, "get_ltp", `{"instruments":["NSE:S4H1","NSE:S3H0"]}`))
	if got["NSE:S4H1"].LastPrice != 4200.02 || len(got) != 2 {
		t.Errorf("quotes: %+v", got)
	}
}

// Whenever the accounts are looked at, nothing of them lies ahead, nothing is older than the session that is shown, and
// nothing has expired.
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

// A quote's range is that of the picture of the same day, and its price is within its circuit limits.
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
