package kite_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite"
)

const fullQuote = `{"NSE:M\u0026M":{"instrument_token":519937,"timestamp":"2026-11-12T14:05:09+05:30","last_price":3120.45,"last_quantity":3,` +
	`"last_trade_time":"2026-11-12T14:05:07+05:30","average_price":3111.872,"volume":1843077,"buy_quantity":901,"sell_quantity":77012,` +
	`"ohlc":{"open":3099,"high":3133.8,"low":3090.05,"close":3102.6},"net_change":0,"oi":1.25e+06,"oi_day_high":1300000,"oi_day_low":0,` +
	`"lower_circuit_limit":2792.35,"upper_circuit_limit":3412.85,"depth":{"buy":[{"price":3120.4,"quantity":12,"orders":2},{"price":0,"quantity":0,"orders":0}],` +
	`"sell":[{"price":3120.5,"quantity":40,"orders":3},{"price":3120.65,"quantity":9,"orders":1}]}}}`

func TestDecodeQuotes(t *testing.T) {
	got, err := kite.DecodeQuotes(fullQuote)
	if err != nil {
		t.Fatal(err)
	}
	ist := time.FixedZone("IST", 19800)
	want := map[string]kite.Quote{"NSE:M&M": {
		ID: "NSE:M&M", Token: 519937, LastPrice: dec("3120.45"),
		Prices:       kite.OHLC{Open: dec("3099"), High: dec("3133.8"), Low: dec("3090.05"), Close: dec("3102.6")},
		AveragePrice: dec("3111.872"), Volume: 1843077, BuyQuantity: 901, SellQuantity: 77012,
		LastTrade: time.Date(2026, 11, 12, 14, 5, 7, 0, ist),
		OI:        dec("1250000"), OIDayHigh: dec("1300000"), LowerCircuit: dec("2792.35"), UpperCircuit: dec("3412.85"),
		Depth: kite.Depth{
			Bids: []kite.Level{{Price: dec("3120.4"), Quantity: 12, Orders: 2}},
			Asks: []kite.Level{{Price: dec("3120.5"), Quantity: 40, Orders: 3}, {Price: dec("3120.65"), Quantity: 9, Orders: 1}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quotes (-want +got):\n%s", diff)
	}
}

// No data at all is another thing than symbols that Kite does not know.
func TestDecodeQuotesOfNothing(t *testing.T) {
	if got, err := kite.DecodeQuotes("null"); err != nil || got != nil {
		t.Errorf("null is %v, %v", got, err)
	}
	if got, err := kite.DecodeQuotes("{}"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("{} is %v, %v", got, err)
	}
	if got, err := kite.DecodeOHLC(`{"BSE:TCS":null}`); err != nil || !got["BSE:TCS"].Missing || got["BSE:TCS"].ID != "BSE:TCS" {
		t.Errorf("a quote of null is %v, %v", got, err)
	}
}

func TestQuoteChange(t *testing.T) {
	tests := []struct{ name, last, closing, change, percent string }{
		{"up", "1523.6", "1497.15", "26.45", "1.7666900444177270"},
		{"down", "85231.92", "85632.68", "-400.76", "-0.4679988994855702"},
		{"unchanged", "1000", "1000", "0", "0"},
		{"no price", "0", "10", "", ""},
		{"no close", "10", "0", "", ""},
		{"below zero", "-5", "10", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := kite.Quote{LastPrice: dec(tt.last), Prices: kite.OHLC{Close: dec(tt.closing)}}
			expect(t, "change", q.Change(), tt.change)
			expect(t, "percent", q.ChangePercent(), tt.percent)
		})
	}
}

// Where there is a quote, its token tells an index of any name.
func TestQuoteOfIndex(t *testing.T) {
	for q, want := range map[*kite.Quote]bool{
		{ID: "BSE:ANYNAME", Token: 7<<8 | 9}: true, {ID: "BSE:ANYNAME", Token: 7<<8 | 4}: false, {ID: "NSE:INFY", Token: 408065}: false,
		{ID: "NSE:NIFTY 50"}: true, {ID: "NSE:NIFTY 50", Token: 256265}: true, {}: false,
	} {
		if got := q.IsIndex(); got != want {
			t.Errorf("%s, %d: %v", q.ID, q.Token, got)
		}
	}
}

func TestChoose(t *testing.T) {
	quote := func(id, price string) kite.Quote { return kite.Quote{ID: id, LastPrice: dec(price)} }
	both := []string{"NSE:ITC", "BSE:ITC"}
	tests := []struct {
		name   string
		quotes map[string]kite.Quote
		want   string
	}{
		{"nothing", nil, ""},
		{"one", map[string]kite.Quote{"BSE:ITC": quote("BSE:ITC", "400")}, "BSE:ITC"},
		{"one without a price", map[string]kite.Quote{"NSE:ITC": quote("NSE:ITC", "0")}, "NSE:ITC"},
		{"one share, two exchanges", map[string]kite.Quote{"NSE:ITC": quote("NSE:ITC", "402.85"), "BSE:ITC": quote("BSE:ITC", "402.7")}, "NSE:ITC"},
		{"at the edge", map[string]kite.Quote{"NSE:ITC": quote("NSE:ITC", "100"), "BSE:ITC": quote("BSE:ITC", "105")}, "NSE:ITC"},
		{"two companies", map[string]kite.Quote{"NSE:ITC": quote("NSE:ITC", "100"), "BSE:ITC": quote("BSE:ITC", "105.01")}, ""},
		{"one of them without a price", map[string]kite.Quote{"NSE:ITC": quote("NSE:ITC", "100"), "BSE:ITC": quote("BSE:ITC", "0")}, ""},
		{"something else", map[string]kite.Quote{"NSE:TCS": quote("NSE:TCS", "1")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := kite.Choose(both, tt.quotes); got.ID != tt.want || ok != (tt.want != "") {
				t.Errorf("Choose = %q, %v", got.ID, ok)
			}
		})
	}
}
