package kite_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// reading maps every mode that asks Kite to arguments that are good and to all that it says when Kite fails.
func reading() map[string][2]string {
	const instruments = `"instruments":["NSE:ITC","NSE:M&M","NSE:NOPE"]`
	const history = `"instrument_token":505089,"from_date":"2026-11-19 09:15:00","to_date":"2026-11-19 15:30:00","interval":"15minute"`
	return map[string][2]string{
		"portfolio profile": {"", "Failed to get profile"}, "portfolio margins": {"", "Failed to get margins"},
		"portfolio holdings": {"", "Failed to get holdings"}, "portfolio positions": {"", "Failed to execute portfolio_positions"},
		"mutual_funds holdings": {"", "Failed to get mutual fund holdings"}, "gtt list": {"", "Failed to execute gtt_list"},
		"orders list": {"", "Failed to execute orders_list"}, "orders all_trades": {"", "Failed to execute orders_all_trades"},
		"orders history": {`"order_id":"261120100410011"`, "Failed to get order history"},
		"orders trades":  {`"order_id":"261120100410011"`, "Failed to get order trades"},
		"market quote":   {instruments, "Failed to get quotes"}, "market ltp": {instruments, "Failed to get LTP"},
		"market ohlc": {instruments, "Failed to get OHLC data"}, "market historical": {history, "Failed to get historical data"},
		"alerts get": {"", "Failed to get alerts: Error parsing response."},
	}
}

// do calls "tool mode".
func (p *person) do(name, more string) result {
	p.w.t.Helper()
	tool, mode, _ := strings.Cut(name, " ")
	return p.call(tool, mode, more)
}

// nextList is the part of an answer to tools/list that clients look at.
type nextList struct {
	Result struct {
		Tools []struct {
			Name, Description string
			Annotations       any
			InputSchema       struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
}

func TestNextToolList(t *testing.T) {
	modes := map[string][]string{
		"alerts": {"get", "create", "modify", "delete"}, "gtt": {"list", "place", "modify", "delete"},
		"market": {"quote", "ltp", "ohlc", "historical", "search"}, "mutual_funds": {"holdings"},
		"orders":    {"list", "history", "trades", "all_trades", "place", "modify", "cancel"},
		"portfolio": {"profile", "margins", "holdings", "positions"}, "session": {"status", "logout"},
	}
	w := newNext(t)
	p := w.enter("NK0001")
	body := event(t, p.post(rpc(1, "tools/list", nil)))
	var m nextList
	if err := json.Unmarshal([]byte(body), &m); err != nil || !strings.Contains(body, `"result":{"ttlMs":0,"cacheScope":"public","tools":[`) {
		t.Fatalf("%v: %.200s", err, body)
	}
	var names []string
	for _, tool := range m.Result.Tools {
		names = append(names, tool.Name)
		if got := tool.InputSchema.Properties["mode"].Enum; !slices.Equal(got, modes[tool.Name]) || tool.Annotations != nil || tool.Description == "" {
			t.Errorf("%s: modes %q, annotations %v", tool.Name, got, tool.Annotations)
		}
		r := p.call(tool.Name, "Nope", "")
		expect(t, r, "Invalid mode. Must be one of: "+strings.Join(modes[tool.Name], ", "), true)
	}
	if !slices.Equal(names, slices.Sorted(maps.Keys(modes))) {
		t.Errorf("tools: %q", names)
	}
}

func TestNextModesThatSayWhatTodaySays(t *testing.T) {
	today, next := startServer(t), newNext(t)
	old, p := today.loggedIn("MK4021"), next.enter("MK4021")
	for name, tool := range map[string]string{
		"portfolio profile": "get_profile", "portfolio margins": "get_margins", "portfolio holdings": "get_holdings",
		"portfolio positions": "get_positions", "mutual_funds holdings": "get_mf_holdings", "orders all_trades": "get_trades",
		"orders trades": "get_order_trades", "market quote": "get_quotes", "market ltp": "get_ltp", "market ohlc": "get_ohlc",
		"market historical": "get_historical_data",
	} {
		more := reading()[name][0]
		want := today.call(old, tool, "{"+more+"}")
		if got := p.do(name, more); got != want || got.isError {
			t.Errorf("%s differs from %s:\n%s", name, tool, cmp.Diff(want.text, got.text))
		}
	}
	for name, tool := range map[string]string{"portfolio holdings": "get_holdings", "portfolio positions": "get_positions", "orders all_trades": "get_trades"} {
		if got, want := p.do(name, `"from":1,"limit":2`), today.call(old, tool, `{"from":1,"limit":2}`); got != want {
			t.Errorf("a page of %s differs from %s: %s", name, tool, got.text)
		}
	}
	next.clean()
}

func TestNextShapes(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	const order = "account_id placed_by order_id exchange_order_id parent_order_id status status_message status_message_raw order_timestamp exchange_update_timestamp exchange_timestamp variety modified meta exchange tradingsymbol instrument_token order_type transaction_type validity validity_ttl product quantity disclosed_quantity price trigger_price average_price filled_quantity pending_quantity cancelled_quantity auction_number market_protection tag tags guid"
	for call, want := range map[[2]string]string{
		{"orders list", ""}: order,
		{"orders history", reading()["orders history"][0]}: order,
		{"gtt list", ""}:       "id user_id type created_at updated_at expires_at status condition orders meta",
		{"session status", ""}: "authenticated created_at expires_at kite_session_expired kite_session_expires_at session_id status terminated",
	} {
		r := p.do(call[0], call[1])
		if got := keys(t, r.text); got != want || r.isError {
			t.Errorf("%v:\n%s", call, cmp.Diff(want, got))
		}
	}
	if got := p.call("gtt", "list", "").text; !strings.Contains(got, `"auction_number":"","market_protection":0,"tag":"","tags":null,"guid":""}]`) {
		t.Errorf("gtt: %s", got)
	}
	if got := p.call("orders", "list", "").text; !strings.Contains(got, `"tag":"dip","tags":["dip"],"guid":"G261120101533360"}`) {
		t.Errorf("orders: %s", got)
	}
	if got := p.call("orders", "list", `"limit":1,"from":1`).text; !strings.HasSuffix(got, `"pagination":{"from":1,"limit":1,"total":8,"has_more":true,"returned":1}}`) {
		t.Errorf("page: %s", got)
	}
	if got := p.call("mutual_funds", "holdings", `"limit":1`).text; strings.Count(got, `"folio"`) != 4 || strings.Contains(got, "pagination") {
		t.Errorf("funds: %s", got)
	}
	w.clean()
}

func TestNextFailures(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	calls := reading()
	for name, c := range calls {
		tool, _, _ := strings.Cut(name, " ")
		w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: tool, Times: 1})
		expect(t, p.do(name, c[0]), c[1], true)
		if r := p.do(name, c[0]); r.isError {
			t.Errorf("%s, after the hiccup: %s", name, r.text)
		}
	}
	w.sim.EndKiteLogins("MK4021")
	for name, c := range calls {
		expect(t, p.do(name, c[0]), strings.Replace(c[1], "Error parsing response.", "Incorrect `api_key` or `access_token`.", 1), true)
	}
	p.call("session", "logout", "")
	for name, c := range calls {
		expect(t, p.do(name, c[0]), goneGrant, true)
	}
	w.clean()
}

func TestNextNullFromKite(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamNull})
	for call, want := range map[[2]string]string{
		{"portfolio positions", ""}: "[]", {"portfolio holdings", ""}: "[]", {"gtt list", ""}: "[]",
		{"orders list", ""}: "[]", {"mutual_funds holdings", ""}: "null", {"market ltp", `"instruments":["NSE:ITC"]`}: "null",
		{"orders history", `"order_id":"1"`}: "null", {"alerts get", ""}: `{"alerts":null}`,
	} {
		expect(t, p.do(call[0], call[1]), want, false)
	}
	if got := decode[sample.Profile](t, p.call("portfolio", "profile", "")); got.UserID != "" {
		t.Errorf("profile: %+v", got)
	}
}

// What the real server does and the simulator does not is refused, so that no test rests on it.
func TestNextRefusesWhatItDoesNotSimulate(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	for call, what := range map[[2]string]string{
		{"portfolio holdings", `"type":"compact"`}:                        "other types of holdings than full",
		{"market search", `"search_mode":"get_by_isin","isin":"x"`}:       "the search mode get_by_isin",
		{"market search", `"query":"NSE:ITC","include_live_quote":"yes"`}: "live quotes of a search",
	} {
		expect(t, p.do(call[0], call[1]), "the simulator does not know "+what, true)
	}
	if r := w.must("GET", "/mcp", "", p.header()...); r.status != 405 {
		t.Errorf("GET: %d", r.status)
	}
	if n := len(w.sim.Violations()); n != 4 {
		t.Errorf("violations: %q", w.sim.Violations())
	}
}
