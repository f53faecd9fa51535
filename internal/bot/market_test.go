package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/account"
	"kitebot/internal/kite/query"
)

// listedHere is a market of made-up shares, indices and contracts: ID, name, ISIN,
// segment, expiry, price.
const listedHere = `
NSE:NIFTY 50           |NIFTY 50                |            |INDICES|          |26068.15
NSE:NIFTY BANK         |NIFTY BANK              |            |INDICES|          |58867.70
NSE:NIFTY FIN SERVICE  |NIFTY FIN SERVICE       |            |INDICES|          |27410.35
NSE:NIFTY GS 10YR      |NIFTY GS 10YR           |            |INDICES|          |2610.05
BSE:SENSEX             |SENSEX                  |            |INDICES|          |85231.92
BSE:POWER              |POWER                   |            |INDICES|          |6812.40
BSE:BSE SENSEX SIXTY 65:35|BSE SENSEX SIXTY 65:35|           |INDICES|          |31210.75
NSE:RELIANCE           |RELIANCE INDUSTRIES     |INE000T01107|NSE    |          |1388.40
NSE:RPOWER             |RELIANCE POWER          |INE000T01115|NSE    |          |41.20
NSE:INFY               |INFOSYS                 |INE000T01016|NSE    |          |1523.60
BSE:INFY               |INFOSYS LTD             |INE000T01016|BSE    |          |1523.25
NSE:TCS                |TATA CONSULTANCY SERV LT|INE000T01024|NSE    |          |3121.70
NSE:TATASTEEL          |TATA STEEL              |INE000T01032|NSE    |          |172.41
NSE:TATAPOWER          |TATA POWER CO           |INE000T01040|NSE    |          |390.15
BSE:ITC                |ITC LTD.                |INE000T01057|BSE    |          |402.70
NSE:ITC                |ITC                     |INE000T01057|NSE    |          |402.85
NSE:J&KBANK            |JAMMU & KASHMIR BANK    |INE000T01065|NSE    |          |104.87
NSE:BAJAJ-AUTO         |BAJAJ AUTO              |INE000T01073|NSE    |          |8911.50
NSE:TWIN               |TWIN STEEL              |INE000T01081|NSE    |          |100.00
BSE:TWIN               |TWIN TEXTILES           |INE000T01099|BSE    |          |12.00
NSE:NIFTYBEES          |NIP IND ETF NIFTY BEES  |INF000T01014|NSE    |          |294.67
NFO:NIFTY26NOVFUT      |NIFTY                   |            |NFO-FUT|2026-11-24|26094.40
NFO:NIFTY26NOV26000CE  |NIFTY                   |            |NFO-OPT|2026-11-24|212.35
NFO:NIFTY26DEC26000CE  |NIFTY                   |            |NFO-OPT|2026-12-29|520.10
NFO:NIFTY26NOV26000PE  |NIFTY                   |            |NFO-OPT|2026-11-24|101.10
NFO:BANKNIFTY26NOV58000CE|BANKNIFTY             |            |NFO-OPT|2026-11-24|1102.00
MCX:CRUDEOILM26DECFUT  |CRUDEOILM               |            |MCX-FUT|2026-12-17|5248.00
MCX:GOLDPETAL26NOVFUT  |GOLDPETAL               |            |MCX-FUT|2026-11-30|12287.00
MCX:GOLDM26DECFUT      |GOLDM                   |            |MCX-FUT|2026-12-04|122870.00`

// wireListing is a row of search_instruments.
type wireListing struct {
	ID       string `json:"id"`
	Token    int    `json:"instrument_token"`
	Symbol   string `json:"tradingsymbol"`
	Exchange string `json:"exchange"`
	Name     string `json:"name"`
	ISIN     string `json:"isin"`
	Segment  string `json:"segment"`
	Type     string `json:"instrument_type"`
	Expiry   string `json:"expiry_date"`
	Active   bool   `json:"active"`
	price    string
}

func listings() (all []wireListing) {
	for line := range strings.Lines(strings.TrimSpace(listedHere)) {
		f := strings.Split(line, "|")
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		exchange, symbol, _ := strings.Cut(f[0], ":")
		l := wireListing{ID: f[0], Token: 256*(len(all)+1) + 1, Symbol: symbol, Exchange: exchange, Name: f[1], ISIN: f[2], Segment: f[3], Type: "EQ", Expiry: f[4], Active: true, price: f[5]}
		if l.Expiry != "" {
			l.Type = symbol[max(0, len(symbol)-2):]
			if strings.HasSuffix(symbol, "FUT") {
				l.Type = "FUT"
			}
		}
		all = append(all, l)
	}
	return all
}

// market answers searches and quotes as Kite does, of these listings. A word in flood
// matches more than can be told.
func market(flood string) func(query.Query) (string, bool) {
	return func(q query.Query) (string, bool) {
		_, args, _ := q.On(query.StyleTools)
		switch q.Name() {
		case "search_instruments":
			return searched(args, flood), true
		case "get_quotes", "get_ohlc":
			return quoted(args["instruments"].([]string)), true
		default:
			return "", false
		}
	}
}

func searched(args map[string]any, flood string) string {
	query := strings.ToLower(args["query"].(string))
	var found []wireListing
	for _, l := range listings() {
		field := map[any]string{"name": l.Name, "isin": l.ISIN}[args["filter_on"]]
		if args["filter_on"] != "name" && args["filter_on"] != "isin" {
			field = l.ID
		}
		if strings.Contains(strings.ToLower(field), query) {
			found = append(found, l)
		}
	}
	total, limit := len(found), args["limit"].(int64)
	if flood != "" && (flood == "everything" || query == flood) {
		total = 12893
	}
	found = found[:min(len(found), int(limit))]
	data, err := json.Marshal(found)
	if err != nil {
		panic(err)
	}
	if found == nil {
		data = []byte("[]")
	}
	return fmt.Sprintf(`{"data":%s,"pagination":{"from":0,"limit":%d,"total":%d,"has_more":%v,"returned":%d}}`, data, limit, total, total > len(found), len(found))
}

func quoted(ids []string) string {
	quotes := map[string]json.RawMessage{}
	for _, l := range listings() {
		for _, id := range ids {
			if id == l.ID {
				before := decimal.RequireFromString(l.price).Mul(decimal.RequireFromString("0.99")).Round(2)
				quotes[id] = json.RawMessage(fmt.Sprintf(`{"instrument_token":%d,"last_price":%s,"ohlc":{"open":%s,"high":%s,"low":%s,"close":%s}}`, l.Token, l.price, before, l.price, before, before))
			}
		}
	}
	text, err := json.Marshal(quotes)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// What was picked for a word before contracts were no longer remembered is asked again.
func TestAnOldContractIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		c.logIn("asha", "AB1234")
		c.kite.Market(market(""))
		if err := c.data.SavePrefs(people["asha"], account.Prefs{Picks: map[string]string{"GOLD": "MCX:GOLDPETAL26NOVFUT", "TWIN": "BSE:TWIN"}}); err != nil {
			t.Fatal(err)
		}
		if seen := c.says("asha", "gold"); !strings.Contains(seen, "Several match “gold”") {
			t.Errorf("gold: %s", seen)
		}
		if seen := c.says("asha", "twin"); !strings.Contains(seen, "TWIN ₹12.00") {
			t.Errorf("twin: %s", seen)
		}
	})
}

// What one typed message asks of Kite at most, whatever it finds there: words that
// match too much, nothing, or several.
func TestATypedMessageIsBounded(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("zz%d, ", 40), ", ")
	for i := range 40 {
		many = strings.Replace(many, "%d", fmt.Sprint("word", i), 1)
	}
	tests := []struct {
		typed          string
		quotes, search int
	}{
		{"infy", 1, 0},
		{"nifty", 1, 0},
		{"lt", 1, 0},
		{"/chart infy 3M", 0, 0},
		{"/quote tatasteel ltd", 2, 7},
		{"/search tata", 0, 7},
		{"/search finnifty", 0, 7},
		{"/quote power tata", 2, 7},
		{"/quotes " + many, 2, 3 * 7},
		{"/watch " + many, 2, 3 * 7},
		{"500325", 0, 0},
		{"hello there", 0, 0},
	}
	for _, flood := range []string{"", "tata", "everything"} {
		for _, tt := range tests {
			t.Run(flood+" "+tt.typed[:min(24, len(tt.typed))], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newChat(t)
					c.open()
					defer c.close()
					c.logIn("asha", "AB1234")
					c.kite.Market(market(flood))
					c.kite.Calls()
					c.says("asha", tt.typed)
					quotes, search := 0, 0
					for _, call := range c.kite.Calls() {
						switch tool, _, _ := strings.Cut(call, " "); tool {
						case "get_quotes", "get_ohlc":
							quotes++
						case "search_instruments":
							search++
						}
					}
					if quotes > tt.quotes || search > tt.search {
						t.Errorf("%d quotes and %d searches, want %d and %d at most", quotes, search, tt.quotes, tt.search)
					}
				})
			})
		}
	}
}
