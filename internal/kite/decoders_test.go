package kite_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
)

// decoder is a tool's decoder, with everything that is worked out from what it
// decodes.
type decoder struct {
	tool  string
	whole string // an answer with every field that is read
	seeds []string
	// decode answers what came out, and the figures that follow from it. It ends
	// the test when these contradict one another.
	decode func(t *testing.T, text string) (got any, figures []kite.Figure, err error)
}

// decoderOf ties a decoder to what is done with its values.
func decoderOf[T any](tool, whole string, decode func(string) (T, error), use func(*testing.T, T) []kite.Figure, seeds ...string) decoder {
	return decoder{tool: tool, whole: whole, seeds: seeds, decode: func(t *testing.T, text string) (any, []kite.Figure, error) {
		got, err := decode(text)
		if err != nil {
			return got, nil, err
		}
		return got, use(t, got), nil
	}}
}

func decoders() []decoder {
	return []decoder{
		decoderOf("get_profile", fullProfile, kite.DecodeProfile, useProfile, "null"),
		decoderOf("get_holdings", "["+fullRow+",null]", kite.DecodeHoldings, useHoldings,
			`{"data":[{"tradingsymbol":"A"}],"pagination":{"from":0,"total":1,"has_more":false}}`,
			`[{"tradingsymbol":"A","quantity":1,"last_price":1e17,"average_price":1e-60,"close_price":-0}]`),
		decoderOf("get_positions", "["+fullPosition+",null,"+fullPosition+"]", kite.DecodePositions, usePositions),
		decoderOf("get_orders", "["+fullOrder+",null]", kite.DecodeOrders, useOrders,
			`{"data":[{"order_id":"1","tradingsymbol":"A"}],"pagination":{"from":0,"total":1,"has_more":false}}`),
		decoderOf("get_order_history", "["+fullOrder+"]", kite.DecodeOrderHistory, useOrders),
		decoderOf("get_trades", "["+fullTrade+",null]", kite.DecodeTrades, useTrades),
		decoderOf("get_order_trades", "["+fullTrade+"]", kite.DecodeOrderTrades, useTrades),
		decoderOf("get_gtts", "["+fullGTT+",null]", kite.DecodeGTTs, useGTTs),
		decoderOf("get_margins", margins, kite.DecodeMargins, useMargins, `{"equity":{"enabled":true,"net":-1e17}}`),
		decoderOf("get_mf_holdings", "["+fullFund+",null]", kite.DecodeMutualFunds, useFunds),
		decoderOf("get_quotes", fullQuote, kite.DecodeQuotes, useQuotes, `{"NSE:A":null,"NSE:B":{"last_price":1e-60,"ohlc":{"close":1e17}}}`, "null"),
		decoderOf("get_ohlc", `{"BSE:SENSEX":{"last_price":85231.92,"ohlc":{"open":1,"high":2,"low":3,"close":85632.68}}}`, kite.DecodeOHLC, useQuotes),
		decoderOf("search_instruments", "["+fullInstrument+"]", symbol.DecodeInstruments, useFound, "null"),
		decoderOf("get_historical_data", "["+fullCandle+",null]", kite.DecodeCandles, useCandles, "null"),
		decoderOf("tools/list", `{"tools":[{"name":"get_ltp","description":"prices","inputSchema":{}},{"name":"b"}]}`, wire.DecodeOffers,
			func(*testing.T, []wire.Offer) []kite.Figure { return nil }),
	}
}

const (
	fullProfile = `{"user_id":"QX7788","user_name":"Asha \u0026 Rao","user_shortname":"Asha","email":"asha@example.com","broker":"ZERODHA","products":["CNC","MTF"],"exchanges":["NSE","BSE"]}`
	fullTrade   = `{"average_price":4852.5,"quantity":2,"trade_id":"77","product":"NRML","fill_timestamp":"2026-11-12T16:00:36+05:30","exchange_timestamp":"2026-11-12T16:00:35+05:30",` +
		`"exchange_order_id":"31","order_id":"21","transaction_type":"BUY","tradingsymbol":"ACME","exchange":"NSE","instrument_token":58424839}`
	fullGTT = `{"id":31337,"type":"two-leg","created_at":"2026-09-12T13:25:16+05:30","status":"active","condition":{"exchange":"NSE","tradingsymbol":"RAIN","last_price":100,"trigger_values":[98.5,103.7]},` +
		`"orders":[{"tradingsymbol":"RAIN","transaction_type":"SELL","quantity":7,"price":98,"tags":null},null],"meta":{"rejection_reason":"why"}}`
	fullFund       = `{"folio":"12/3","fund":"A \u0026 B FUND","tradingsymbol":"INF000A01AA1","average_price":78.43,"last_price":84.86,"last_price_date":"2026-11-11","quantity":382.488}`
	fullInstrument = `{"tradingsymbol":"ACME26NOV1500CE","exchange":"NFO","exchange_token":482,"isin":"","name":"ACME","instrument_type":"CE","segment":"NFO-OPT",` +
		`"strike":1500,"expiry_date":"2026-11-24","active":false}`
	fullCandle = `{"date":"2026-11-12T09:15:00+05:30","open":100,"high":101,"low":99.5,"close":101,"volume":2499,"oi":12}`
)

func useProfile(t *testing.T, p kite.Profile) []kite.Figure {
	if p.Identity().IsZero() {
		t.Fatal("a profile without a user")
	}
	return nil
}

func useHoldings(t *testing.T, holdings []kite.Holding) []kite.Figure {
	p := kite.TotalHoldings(holdings)
	if p.Unpriced+p.NoClose > p.Counted || p.Counted > len(holdings) {
		t.Fatalf("counts %+v", p)
	}
	if p.Value.OK && !p.Profit.Value.Add(p.Invested.Value).Equal(p.Value.Value) {
		t.Fatal("value is not invested + profit")
	}
	figures := []kite.Figure{p.Value, p.Invested, p.Profit, p.ProfitPercent, p.Day, p.DayPercent, {Value: p.Pledged, OK: true}, {Value: p.MTF.Value, OK: true}}
	for _, h := range holdings {
		figures = append(figures, h.Value(), h.PledgedValue(), h.MTFPart().Value(), h.Invested(), h.Profit(), h.ProfitPercent(), h.Day(), h.DayPercent(), p.Share(h))
	}
	for _, by := range kite.HoldingSorts() {
		if n := len(kite.HoldingsBy(holdings, by)); n != len(holdings) {
			t.Fatalf("%d of %d holdings by %s", n, len(holdings), by)
		}
	}
	return figures
}

func usePositions(t *testing.T, p kite.Positions) []kite.Figure {
	b := kite.TotalPositions(p)
	if len(b.Open)+len(b.Closed) != len(p.Net) || b.Missing != p.Missing {
		t.Fatalf("%d net positions, book %+v", len(p.Net), b)
	}
	figures := []kite.Figure{b.Profit, b.OpenProfit, b.ClosedProfit, b.Day, kite.Overview{Positions: &b}.PositionsDay(), kite.Overview{Positions: &b}.Day(), kite.Overview{Positions: &b}.Worth()}
	for _, position := range p.Net {
		figures = append(figures, position.Profit(), position.DayProfit(), position.Percent())
	}
	return figures
}

func useOrders(t *testing.T, orders []kite.Order) []kite.Figure {
	c := kite.CountOrders(orders)
	if c.Done+c.Open+c.Rejected+c.Cancelled+c.Other+c.Missing != len(orders) || len(kite.OrdersNewestFirst(orders)) != len(orders) {
		t.Fatalf("%d orders count as %+v", len(orders), c)
	}
	return nil
}

func useTrades(t *testing.T, trades []kite.Trade) []kite.Figure {
	total := kite.TotalTrades(trades)
	if total.Buys+total.Sells+total.Other+total.Missing != len(trades) || len(kite.TradesNewestFirst(trades)) != len(trades) {
		t.Fatalf("%d trades come to %+v", len(trades), total)
	}
	figures := []kite.Figure{total.Bought, total.Sold}
	for _, trade := range trades {
		figures = append(figures, trade.Value())
	}
	return figures
}

func useGTTs(t *testing.T, gtts []kite.GTT) []kite.Figure {
	var figures []kite.Figure
	for _, g := range kite.GTTsByStatus(gtts) {
		for _, trigger := range g.Triggers {
			figures = append(figures, kite.TriggerDistance(trigger, kite.Figure{Value: trigger.Abs(), OK: true}))
		}
	}
	return figures
}

func useMargins(_ *testing.T, m kite.Margins) []kite.Figure {
	return []kite.Figure{m.Cash(), m.Equity.Utilisation(), m.Commodity.Utilisation()}
}

func useFunds(t *testing.T, funds []kite.MutualFund) []kite.Figure {
	total := kite.TotalMutualFunds(funds)
	if len(total.Funds) != len(funds) || total.Unpriced > len(funds) {
		t.Fatalf("%d funds come to %+v", len(funds), total)
	}
	figures := []kite.Figure{total.Value, total.Invested, total.Profit, total.ProfitPercent}
	for _, f := range funds {
		figures = append(figures, f.Value(), f.Invested(), f.Profit(), f.ProfitPercent(), total.Share(f))
	}
	return figures
}

// A change is what exact arithmetic straight from the JSON comes to.
func useQuotes(t *testing.T, quotes map[string]kite.Quote) []kite.Figure {
	var figures []kite.Figure
	for id, q := range quotes {
		if q.ID != id || id == "" {
			t.Fatalf("quote %q under %q", q.ID, id)
		}
		change := q.Change()
		last, before := q.LastPrice.Rat(), q.Prices.Close.Rat()
		if change.OK && change.Value.Rat().Cmp(new(big.Rat).Sub(last, before)) != 0 {
			t.Fatalf("change %v of %v and %v", change, last, before)
		}
		if change.OK != (last.Sign() > 0 && before.Sign() > 0) || q.ChangePercent().OK != change.OK {
			t.Fatalf("change known: %v, of %v and %v", change.OK, last, before)
		}
		for _, l := range slices.Concat(q.Bids, q.Asks) {
			if l.Quantity <= 0 || !l.Price.IsPositive() {
				t.Fatalf("empty rung %v", l)
			}
		}
		figures = append(figures, change, q.ChangePercent())
	}
	return figures
}

func useFound(t *testing.T, f symbol.Matches) []kite.Figure {
	queries := []string{"acme", "NSE:A", ""}
	if len(f.Found) > 0 {
		queries = append(queries, f.Found[0].Symbol, f.Found[0].Name)
	}
	for _, query := range queries {
		ranked := symbol.Rank(query, f.Found)
		if one, ok := symbol.Unambiguous(query, ranked); ok && !slices.ContainsFunc(ranked, func(i symbol.Instrument) bool { return i.ID == one.ID }) {
			t.Fatal("clear is what was not found")
		}
	}
	return nil
}

func useCandles(t *testing.T, c kite.Candles) []kite.Figure {
	for i, row := range c.Rows {
		if !row.Low.IsPositive() || row.High.LessThan(row.Low) || row.Close.GreaterThan(row.High) || row.Open.LessThan(row.Low) {
			t.Fatalf("candle %v", row)
		}
		if i > 0 && !row.Time.After(c.Rows[i-1].Time) {
			t.Fatal("not in order")
		}
	}
	for _, r := range kite.Ranges() {
		if kept := r.Trim(c.Rows); len(kept) > len(c.Rows) || len(kept) == 0 && len(c.Rows) > 0 {
			t.Fatalf("%s keeps %d of %d", r, len(kept), len(c.Rows))
		}
	}
	change, percent := kite.Growth(c.Rows)
	low, high := kite.Extremes(c.Rows)
	return []kite.Figure{low, high, change, percent}
}

// lists are the tools whose answer is refused unless it is all rows there are.
const lists = "get_holdings get_positions get_orders get_order_history get_trades get_order_trades get_gtts get_mf_holdings get_historical_data"

// What is no answer of a tool is refused by its decoder, and the error holds
// nothing of it.
func TestDecodersRefuse(t *testing.T) {
	const row = `{"tradingsymbol":"A","order_id":"1","fund":"F","condition":{"tradingsymbol":"A"}}`
	for _, test := range []struct {
		tools string // "" for all
		texts []string
	}{
		{"", []string{"", "Failed to execute it", "7", "[", "{", "[] []", "{} {}", "[7]", `["A"]`, row[1:]}},
		{lists, []string{
			"{}", row, "[" + row, `{"data":[` + row + `]}`, `{"data":[],"pagination":{"from":0,"has_more":false}}`,
			`{"data":[` + row + `],"pagination":{"from":0,"limit":1,"total":2,"has_more":true}}`,
			`{"data":[` + row + `],"pagination":{"from":1,"limit":1,"total":2,"has_more":false}}`,
			`{"data":[` + row + `],"pagination":{"from":0,"limit":9,"total":2,"has_more":false}}`,
		}},
		{strings.TrimSuffix(lists, " get_historical_data"), []string{"[{}]", `[{"quantity":1}]`}},
		{"get_holdings get_positions get_orders get_trades", []string{
			`[{"order_id":"1","tradingsymbol":"A","quantity":"12345"}]`, `[{"order_id":"1","tradingsymbol":"A","average_price":{}}]`,
			`[{"order_id":"1","tradingsymbol":"A","average_price":true}]`,
		}},
		{"get_holdings", []string{
			`[{"tradingsymbol":"A","last_price":1000000000000000000}]`, `[{"tradingsymbol":"A","last_price":1.` + strings.Repeat("1", 1<<16) + `}]`,
			`[{"tradingsymbol":"A","quantity":1.5}]`, `[{"tradingsymbol":"A","quantity":1.0}]`,
			`[{"tradingsymbol":"A","t1_quantity":1000000000000001}]`, `[{"tradingsymbol":"A","mtf":{"quantity":99999999999999999999}}]`,
		}},
		{"get_historical_data", []string{`[{"open":1,"high":1,"low":1,"close":1}]`, `[["2026-11-12T09:15:00+0530",1,1,1,1,1]]`}},
		{"search_instruments", []string{"{}", `{"meta":{}}`, `[{"tradingsymbol":7}]`, `[{"strike":"1"}]`, `[{"exchange_token":1.5}]`}},
		{"get_quotes get_ohlc", []string{
			"[]", `{"NSE:A":{"last_price":"12"}}`, `{"NSE:A":{"volume":1.5}}`, `{"NSE:A":12.5}`, `{"":{"last_price":1}}`,
			`{"NSE:A":{"depth":{"buy":{"price":1}}}}`, `{"NSE:A":{"depth":{"sell":[{"price":1e99}]}}}`, `{"NSE:A":{"last_price":1`,
		}},
		{"get_margins", []string{"null", "[]", "{}", `{"equity":null}`, `{"equity":7}`, `{"equity":{"net":"1"}}`}},
		{"get_profile", []string{
			"null", "[]", `{"user_id":"","user_name":"","products":null,"exchanges":null}`, `{"user_id":7}`, `{"user_id":"  "}`, `{"user_id":"QX\n1"}`,
			`{"user_id":"` + strings.Repeat("Q", 33) + `"}`, `{"user_id":"QX7788"`, `{"user_id":"QX7788"} x`,
		}},
		{"tools/list", []string{"null", "[]", "{}", `{"tools":null}`, `{"tools":{}}`, `{"tools":[1]}`}},
	} {
		for _, d := range decoders() {
			if test.tools != "" && !slices.Contains(strings.Fields(test.tools), d.tool) {
				continue
			}
			for _, text := range test.texts {
				got, _, err := d.decode(t, text)
				if err == nil {
					t.Errorf("%s takes %.80s: %v", d.tool, text, got)
					continue
				}
				checkRefusal(t, d.tool, err)
			}
		}
	}
}

// An account without any of it is none, however that is written.
func TestListsOfNothing(t *testing.T) {
	for _, tool := range strings.Fields(lists) {
		for _, text := range []string{
			"null", "[]", `{"data":[],"pagination":{"from":0,"limit":5,"total":0,"has_more":false,"returned":0}}`,
			`{"data":null,"pagination":{"from":0,"limit":5,"total":0,"has_more":false}}`,
		} {
			if got, _, err := decoderFor(tool).decode(t, text); err != nil {
				t.Errorf("%s of %s: %v, %v", tool, text, got, err)
			}
		}
	}
}
