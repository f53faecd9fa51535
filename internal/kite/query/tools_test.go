package query_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// The list is written out once more, so that nothing gets onto it by accident.
func TestReadTools(t *testing.T) {
	account := []string{
		"get_profile", "get_margins", "get_holdings", "get_positions", "get_orders", "get_trades", "get_mf_holdings", "get_gtts",
		"get_order_history", "get_order_trades", "get_alerts", "session_status",
	}
	ofMarket := []string{"get_quotes", "get_ltp", "get_ohlc", "get_historical_data", "search_instruments"}
	var names []string
	for _, tool := range query.ReadTools() {
		names = append(names, tool.Name)
		if tool.Account != slices.Contains(account, tool.Name) {
			t.Errorf("%s: of the account %v", tool.Name, tool.Account)
		}
	}
	if diff := cmp.Diff(slices.Concat(account[:10], ofMarket, account[10:]), names); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
}

// Each example of an argument is one that is taken.
func TestReadToolExamples(t *testing.T) {
	for _, tool := range query.ReadTools() {
		call := tool.Name
		for _, a := range tool.Args {
			call += " " + a.Name + "=" + a.Example
		}
		got, err := query.Parse(call)
		_, args, _ := got.On(query.StyleTools)
		if err != nil || got.Name() != tool.Name || len(args) != len(tool.Args) {
			t.Errorf("Parse(%q) = %v, %v, %v", call, got.Name(), args, err)
		}
	}
}

func TestParseToolCall(t *testing.T) {
	tests := []struct {
		text string
		tool string
		args map[string]any
	}{
		{"get_profile", "get_profile", map[string]any{}},
		{" Get_Holdings  limit=5\nfrom=0 ", "get_holdings", map[string]any{"limit": int64(5), "from": int64(0)}},
		{"get_ltp instruments=NSE:INFY,NSE:TCS", "get_ltp", map[string]any{"instruments": []string{"NSE:INFY", "NSE:TCS"}}},
		{"get_ltp instruments=NSE:NIFTY 50, BSE:SENSEX", "get_ltp", map[string]any{"instruments": []string{"NSE:NIFTY 50", "BSE:SENSEX"}}},
		{"get_ltp NSE:INFY NSE:NIFTY BANK", "get_ltp", map[string]any{"instruments": []string{"NSE:INFY", "NSE:NIFTY BANK"}}},
		{`get_ltp instruments=["NSE:INFY","NSE:M&M"]`, "get_ltp", map[string]any{"instruments": []string{"NSE:INFY", "NSE:M&M"}}},
		{"get_ltp instruments=“NSE:NIFTY 50”,NSE:INFY", "get_ltp", map[string]any{"instruments": []string{"NSE:NIFTY 50", "NSE:INFY"}}},
		{"get_ltp instruments= NSE:INFY", "get_ltp", map[string]any{"instruments": []string{"NSE:INFY"}}},
		{"market LTP NSE:INFY", "get_ltp", map[string]any{"instruments": []string{"NSE:INFY"}}},
		{"orders mode=history 251123000000001", "get_order_history", map[string]any{"order_id": "251123000000001"}},
		{"get_order_history 251123000000001", "get_order_history", map[string]any{"order_id": "251123000000001"}},
		{"search_instruments query=gold bees filter_on=name limit=3", "search_instruments", map[string]any{"query": "gold bees", "filter_on": "name", "limit": int64(3)}},
		{"search_instruments query='a = b'", "search_instruments", map[string]any{"query": "a = b", "limit": int64(1000)}},
		{`get_historical_data instrument_token=408065 from_date="2026-11-02 09:15:00" to_date=2026-11-20 15:30:00 interval=day oi=Yes continuous=false`,
			"get_historical_data", map[string]any{
				"instrument_token": int64(408065), "from_date": "2026-11-02 09:15:00", "to_date": "2026-11-20 15:30:00", "interval": "day", "oi": true, "continuous": false,
			}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			q, err := query.Parse(tt.text)
			if err != nil || q.Name() != tt.tool {
				t.Fatalf("Parse = %v, %v", q.Name(), err)
			}
			_, args, _ := q.On(query.StyleTools)
			if diff := cmp.Diff(tt.args, args); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseToolCallRefuses(t *testing.T) {
	tests := []struct {
		text    string
		problem query.Problem
		arg     string // the argument, or the name that is none
	}{
		{"", query.ProblemEmpty, ""},
		{"  \n", query.ProblemEmpty, ""},
		{"login", query.ProblemLogin, ""},
		{"LOGIN now", query.ProblemLogin, ""},
		{"place_order quantity=1", query.ProblemWrites, ""},
		{"delete_gtt_order", query.ProblemWrites, ""},
		{"orders place quantity=1", query.ProblemWrites, ""},
		{"Orders mode=Cancel order_id=1", query.ProblemWrites, ""},
		{"gtt delete", query.ProblemWrites, ""},
		{"alerts modify", query.ProblemWrites, ""},
		{"create_alert", query.ProblemWrites, ""},
		{"session logout", query.ProblemLogout, ""},
		{"session_logout", query.ProblemUnknown, ""},
		{"portfolio", query.ProblemUnknown, ""},
		{"portfolio holdings mode=positions", query.ProblemNoSuchArg, "mode"},
		{"orders list mode=place", query.ProblemNoSuchArg, "mode"},
		{"get_orders mode=place", query.ProblemNoSuchArg, "mode"},
		{"/get_ltp", query.ProblemUnknown, ""},
		{"get_ltp", query.ProblemMissing, "instruments"},
		{"get_ltp instruments=", query.ProblemMissing, "instruments"},
		{"get_ltp instruments=,,", query.ProblemMissing, "instruments"},
		{"get_ltp instruments=[]", query.ProblemMissing, "instruments"},
		{"get_holdings limit=", query.ProblemMissing, "limit"},
		{"get_holdings from= limit=3", query.ProblemMissing, "from"},
		{"get_holdings limit=ten", query.ProblemBadNumber, "limit"},
		{"get_holdings limit=1.5", query.ProblemBadNumber, "limit"},
		{"get_holdings limit=-1", query.ProblemBadNumber, "limit"},
		{"get_holdings limit=99999999999999999999", query.ProblemBadNumber, "limit"},
		{"get_holdings limit=5 limit=6", query.ProblemTwice, "limit"},
		{"get_holdings all", query.ProblemNoSuchArg, "all"},
		{"get_holdings page=2", query.ProblemNoSuchArg, "page"},
		{"get_profile now", query.ProblemNoSuchArg, "now"},
		{"get_historical_data 408065", query.ProblemNoSuchArg, "408065"},
		{"get_historical_data instrument_token=1 from_date=a to_date=b interval=week", query.ProblemBadChoice, "interval"},
		{"get_historical_data instrument_token=1 from_date=a to_date=b interval=day oi=maybe", query.ProblemBadBool, "oi"},
		{"search_instruments query=abc filter_on=price", query.ProblemBadChoice, "filter_on"},
		{"search_instruments lt", query.ProblemTooShort, "query"},
		{"search_instruments query='l t'", query.ProblemTooShort, "query"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			q, err := query.Parse(tt.text)
			var e *query.ParseError
			if !errors.As(err, &e) || q.Name() != "" || q.Reads() {
				t.Fatalf("Parse = %v, %v", q.Name(), err)
			}
			if got := max(e.Arg.Name, e.Value); e.Problem != tt.problem || e.Arg.Name != tt.arg && e.Value != tt.arg {
				t.Errorf("problem %d about %q", e.Problem, got)
			}
		})
	}
}

// Whatever is typed, only a read tool comes out, with all that it needs in types
// that JSON carries; an error does not repeat what was typed.
func FuzzParseToolCall(f *testing.F) {
	f.Add("get_ltp instruments=NSE:INFY")
	f.Add(`get_historical_data instrument_token=1 from_date="a b" to_date=“c” interval=day`)
	f.Add("login")
	f.Add("get_ltp =x ='")
	f.Add("orders list mode=place")
	f.Add(`search_instruments query='","mode":"place' limit=1`)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			if len(text) > 60 && strings.Contains(err.Error(), text) {
				t.Fatal("the error repeats what was typed")
			}
			return
		}
		if !q.Reads() {
			t.Fatalf("%s came out", q.Name())
		}
		_, args, _ := q.On(query.StyleTools)
		checkArgs(t, q.Tool(), args)
		checkSent(t, q)
	})
}

// checkArgs makes sure that the arguments are those of the tool, all that it
// needs, each in its type.
func checkArgs(t *testing.T, tool query.Tool, args map[string]any) {
	t.Helper()
	known := 0
	for _, a := range tool.Args {
		v, given := args[a.Name]
		if !given && a.Required {
			t.Fatalf("%s is not there", a.Name)
		}
		if !given {
			continue
		}
		known++
		fits := false
		switch v := v.(type) {
		case string:
			fits = a.Type == query.ArgText && v != ""
		case int64:
			fits = a.Type == query.ArgNumber && v >= 0
		case bool:
			fits = a.Type == query.ArgBool
		case []string:
			fits = a.Type == query.ArgList && len(v) > 0 && !slices.Contains(v, "")
		}
		if !fits {
			t.Fatalf("%s is %#v", a.Name, v)
		}
	}
	if known != len(args) {
		t.Fatalf("arguments that %s does not take: %v", tool.Name, args)
	}
}

// How a server is asked follows from what it offers, in all mixed states.
func TestStyleOf(t *testing.T) {
	plain, login := wire.Offer{Name: "get_holdings"}, wire.Offer{Name: "login"}
	modes := wire.Offer{Name: "portfolio", Modes: []string{"profile", "holdings"}}
	for name, test := range map[string]struct {
		offers []wire.Offer
		style  query.Style
		login  bool
	}{
		"today's":                       {[]wire.Offer{login, plain}, query.StyleTools, true},
		"with modes":                    {[]wire.Offer{modes}, query.StyleModes, false},
		"with modes and a login tool":   {[]wire.Offer{modes, login}, query.StyleModes, true},
		"both":                          {[]wire.Offer{modes, plain}, query.StyleTools, false},
		"a portfolio without modes":     {[]wire.Offer{{Name: "portfolio"}}, query.StyleUnknown, false},
		"a portfolio of something else": {[]wire.Offer{{Name: "portfolio", Modes: []string{"paintings"}}}, query.StyleUnknown, false},
		"nothing that we know":          {[]wire.Offer{{Name: "brew_tea"}, login}, query.StyleUnknown, true},
		"nothing":                       {nil, query.StyleUnknown, false},
	} {
		if got := query.StyleOf(test.offers); got != test.style || query.OffersLogin(test.offers) != test.login {
			t.Errorf("%s: style %d, login %v", name, got, query.OffersLogin(test.offers))
		}
	}
}

func TestOffered(t *testing.T) {
	offered, missing := query.Offered([]wire.Offer{
		{Name: "portfolio", Modes: []string{"holdings", "profile"}}, {Name: "orders", Modes: []string{"list", "place"}}, {Name: "get_ltp"}, {Name: "place_order"},
	})
	var names []string
	for _, t := range offered {
		names = append(names, t.Name)
	}
	if diff := cmp.Diff([]string{"get_profile", "get_holdings", "get_orders"}, names); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
	if want := len(query.ReadTools()) - len(offered); len(missing) != want {
		t.Errorf("%d are missing, want %d", len(missing), want)
	}
	offered, missing = query.Offered([]wire.Offer{{Name: "get_holdings"}})
	if len(offered) != 1 || len(missing) != 14 { // alerts and the session's status are no tools of today's
		t.Errorf("%d offered, %d missing", len(offered), len(missing))
	}
}
