package query_test

import (
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/symbol"
)

// readOnly is every pair of tool and mode that may be sent to a server, written
// out once more: nothing gets onto the table by accident. A server with a tool
// for each question has no modes.
var readOnly = []string{
	"get_profile", "get_margins", "get_holdings", "get_positions", "get_orders", "get_trades", "get_mf_holdings", "get_gtts",
	"get_order_history", "get_order_trades", "get_quotes", "get_ltp", "get_ohlc", "get_historical_data", "search_instruments",
	"portfolio profile", "portfolio margins", "portfolio holdings", "portfolio positions", "orders list", "orders all_trades", "orders history", "orders trades",
	"mutual_funds holdings", "gtt list", "market quote", "market ltp", "market ohlc", "market historical", "market search", "alerts get", "session status",
}

// sent is what a server of a style is sent for a query: "tool mode".
func sent(t *testing.T, q query.Query, style query.Style) (pair string, args map[string]any, ok bool) {
	t.Helper()
	tool, args, ok := q.On(style)
	if !ok {
		return "", nil, false
	}
	mode, _ := args["mode"].(string)
	return strings.TrimSpace(tool + " " + mode), args, true
}

// checkSent makes sure that a query that reads is sent as a pair that only
// reads, whatever its values are, and that no server can find a second mode in it.
func checkSent(t *testing.T, q query.Query) {
	t.Helper()
	for _, style := range []query.Style{query.StyleTools, query.StyleModes} {
		pair, args, ok := sent(t, q, style)
		if !ok {
			continue
		}
		if !slices.Contains(readOnly, pair) {
			t.Errorf("%s is sent as %q", q.Name(), pair)
		}
		modes := 0
		for name := range args {
			if strings.EqualFold(strings.TrimSpace(name), "mode") {
				modes++
			}
		}
		if want := map[query.Style]int{query.StyleTools: 0, query.StyleModes: 1}[style]; modes != want {
			t.Errorf("%s: %d modes in %v, want %d", q.Name(), modes, args, want)
		}
	}
}

// Every question that the bot has, with values of hostile people.
func TestQueriesOnlyRead(t *testing.T) {
	const evil = `x","mode":"place","y":"`
	queries := []query.Query{
		query.Profile(), query.Margins(), query.Holdings(), query.Positions(), query.Orders(), query.Trades(), query.MutualFunds(),
		query.GTTs(), query.OrderHistory(evil), query.OrderTrades(evil), query.Quotes([]string{evil, "mode"}), query.OHLC([]string{evil}),
		query.Candles(7, kite.Window{Interval: evil}), query.Instruments(evil, "mode"), query.Alerts(),
	}
	for _, tool := range query.ReadTools() {
		typed := tool.Name
		for _, a := range tool.Args {
			if a.Type == query.ArgText && a.Choices == nil {
				typed += " " + a.Name + `='` + evil + `'`
			} else {
				typed += " " + a.Name + "=" + a.Example
			}
		}
		q, err := query.Parse(typed)
		if err != nil {
			t.Fatalf("%s: %v", typed, err)
		}
		queries = append(queries, q)
	}
	pairs := map[string]bool{}
	for _, q := range queries {
		if !q.Reads() {
			t.Errorf("%s does not read", q.Name())
		}
		checkSent(t, q)
		for _, style := range []query.Style{query.StyleTools, query.StyleModes} {
			if pair, _, ok := sent(t, q, style); ok {
				pairs[pair] = true
			}
		}
		if _, _, ok := q.On(query.StyleUnknown); ok {
			t.Errorf("%s is asked of an unknown server", q.Name())
		}
	}
	for _, pair := range readOnly {
		if !pairs[pair] {
			t.Errorf("%s is never asked: is this list true?", pair)
		}
	}
}

// What a server with modes has to be told besides, so that it answers the same.
func TestSearchAsksForEveryField(t *testing.T) {
	_, args, ok := query.Instruments("infosys", "name").On(query.StyleModes)
	if !ok || args["verbosity"] != "full" || args["query"] != "infosys" || args["filter_on"] != "name" || args["mode"] != "search" {
		t.Errorf("search is sent with %v", args)
	}
	if _, args, _ := query.Instruments("infosys", "name").On(query.StyleTools); len(args) != 3 {
		t.Errorf("a server without modes is sent %v", args)
	}
}

// However it is asked for, a search has a bound.
func TestSearchesHaveALimit(t *testing.T) {
	for limit, want := range map[string]int64{"": 1000, "limit=0": 1000, "limit=1": 1, "limit=1000": 1000, "limit=1001": 1000, "limit=9007199254740992": 1000} {
		q, err := query.Parse("search_instruments nifty " + limit)
		if err != nil {
			t.Fatal(err)
		}
		checkLimit(t, q, want)
	}
	checkLimit(t, query.Instruments("nifty", "id"), symbol.MaxMatches)
	checkLimit(t, query.Count("nifty", "id"), 1)
	if query.Count("nifty", "id").Key() == query.Instruments("nifty", "id").Key() {
		t.Error("a count is taken for what was found")
	}
}

func checkLimit(t *testing.T, q query.Query, want int64) {
	t.Helper()
	for _, style := range []query.Style{query.StyleTools, query.StyleModes} {
		if _, args, _ := q.On(style); args["limit"] != want {
			t.Errorf("%s is sent with the limit %v, want %d", q.Key(), args["limit"], want)
		}
	}
}

// A query is sent anew each time: what one server was told is not in the next.
func TestQueriesAreNotChangedByAsking(t *testing.T) {
	q := query.Holdings()
	before := q.Key()
	_, args, _ := q.On(query.StyleModes)
	args["mode"] = "positions"
	if _, again, _ := q.On(query.StyleModes); again["mode"] != "holdings" || q.Key() != before {
		t.Errorf("the query is now %v", again)
	}
}

func TestQueryKeys(t *testing.T) {
	same, other := query.Quotes([]string{"NSE:INFY"}), query.Quotes([]string{"NSE:TCS"})
	if same.Key() != query.Quotes([]string{"NSE:INFY"}).Key() || same.Key() == other.Key() || same.Key() == query.OHLC([]string{"NSE:INFY"}).Key() {
		t.Error("keys do not tell questions apart")
	}
}

// The two queries that are no questions are not taken for one.
func TestLoginAndLogoutDoNotRead(t *testing.T) {
	for _, test := range []struct {
		q            query.Query
		plain, modes string
	}{{query.Login(), "login", ""}, {query.Logout(), "", "session logout"}} {
		plain, _, _ := sent(t, test.q, query.StyleTools)
		modes, _, _ := sent(t, test.q, query.StyleModes)
		if test.q.Reads() || plain != test.plain || modes != test.modes {
			t.Errorf("%s: reads %v, sent as %q and %q", test.q.Name(), test.q.Reads(), plain, modes)
		}
	}
	if q := (query.Query{}); q.Reads() || q.Name() != "" {
		t.Error("the zero query asks something")
	}
}
