package query

import (
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
	"slices"
)

// Tool is a row of the table: something that may be asked of Kite's server.
type Tool struct {
	Name    string // how /tool takes it, "get_holdings"
	Summary string // what it answers, in a few words
	Args    []Arg
	Account bool // answers with the person's own account rather than the market

	plain         string         // the tool of a server with a tool for each question; "" where it has none
	grouped, mode string         // the tool and mode of a server with modes; "" where it has none
	always        map[string]any // sent along to a server with modes
	most          int64          // rows that are asked for at once; 0 for all there are
	effect        effect
}

// effect is what a question does.
type effect int

const (
	reads  effect = iota
	logsIn        // hands out a login link
	ends          // ends a login
)

// Arg is one argument of a tool.
type Arg struct {
	Name      string
	Type      ArgType
	Required  bool
	Choices   []string // all values there are; nil when any will do
	Example   string   // a value as a person types it
	MinLength int      // characters of a text, spaces aside; 0 for any
}

// ArgType is what an argument has to be.
type ArgType string

// The types of arguments.
const (
	ArgText   ArgType = "text"
	ArgNumber ArgType = "number" // a whole one, not below zero
	ArgBool   ArgType = "yes/no"
	ArgList   ArgType = "list" // texts
)

// toolList is not a tool, and no server takes it for one. Its name stands for
// [ToolList] in metrics.
var toolList = Tool{Name: wire.ListTools}

// allTools is everything that is ever sent to Kite's server, whatever that looks
// like. It is a list of our own because the server's annotations call every tool
// destructive, and because reading and trading share a tool where there are
// modes: what may be asked is a pair of both.
var allTools = []Tool{
	{Name: "get_profile", Summary: "who is logged in", Account: true, plain: "get_profile", grouped: "portfolio", mode: "profile"},
	{Name: "get_margins", Summary: "funds and margins", Account: true, plain: "get_margins", grouped: "portfolio", mode: "margins"},
	{Name: "get_holdings", Summary: "holdings", Account: true, Args: paging, plain: "get_holdings", grouped: "portfolio", mode: "holdings"},
	{Name: "get_positions", Summary: "positions, the day’s and the net ones", Account: true, Args: paging, plain: "get_positions", grouped: "portfolio", mode: "positions"},
	{Name: "get_orders", Summary: "today’s orders", Account: true, Args: paging, plain: "get_orders", grouped: "orders", mode: "list"},
	{Name: "get_trades", Summary: "today’s trades", Account: true, Args: paging, plain: "get_trades", grouped: "orders", mode: "all_trades"},
	{Name: "get_mf_holdings", Summary: "mutual funds", Account: true, Args: paging, plain: "get_mf_holdings", grouped: "mutual_funds", mode: "holdings"},
	{Name: "get_gtts", Summary: "GTT orders", Account: true, Args: paging, plain: "get_gtts", grouped: "gtt", mode: "list"},
	{Name: "get_order_history", Summary: "the steps of an order", Account: true, Args: orderArgs, plain: "get_order_history", grouped: "orders", mode: "history"},
	{Name: "get_order_trades", Summary: "the trades of an order", Account: true, Args: orderArgs, plain: "get_order_trades", grouped: "orders", mode: "trades"},
	{Name: "get_quotes", Summary: "quotes with market depth", Args: instrumentArgs, plain: "get_quotes", grouped: "market", mode: "quote"},
	{Name: "get_ltp", Summary: "last traded prices", Args: instrumentArgs, plain: "get_ltp", grouped: "market", mode: "ltp"},
	{Name: "get_ohlc", Summary: "open, high, low and close of the day", Args: instrumentArgs, plain: "get_ohlc", grouped: "market", mode: "ohlc"},
	{Name: "get_historical_data", Summary: "candles", Args: historyArgs, plain: "get_historical_data", grouped: "market", mode: "historical"},
	{Name: "search_instruments", Summary: "instruments by name or symbol", Args: searchArgs, plain: "search_instruments", grouped: "market", mode: "search",
		always: map[string]any{"verbosity": "full"}, // else there is no ISIN and no expiry
		most:   symbol.MaxMatches},
	{Name: "get_alerts", Summary: "price alerts", Account: true, Args: alertArgs, grouped: "alerts", mode: "get"},
	{Name: "session_status", Summary: "the login, as the server sees it", Account: true, grouped: "session", mode: "status"},

	{Name: "login", plain: "login", effect: logsIn},
	{Name: "session_logout", grouped: "session", mode: "logout", effect: ends},
}

var (
	paging         = []Arg{{Name: "from", Type: ArgNumber, Example: "0"}, {Name: "limit", Type: ArgNumber, Example: "10"}}
	orderArgs      = []Arg{{Name: "order_id", Type: ArgText, Required: true, Example: "251123000000001"}}
	instrumentArgs = []Arg{{Name: "instruments", Type: ArgList, Required: true, Example: "NSE:INFY,NSE:TCS"}}
	historyArgs    = []Arg{
		{Name: "instrument_token", Type: ArgNumber, Required: true, Example: "408065"},
		{Name: "from_date", Type: ArgText, Required: true, Example: "2026-11-02 09:15:00"},
		{Name: "to_date", Type: ArgText, Required: true, Example: "2026-11-20 15:30:00"},
		{Name: "interval", Type: ArgText, Required: true, Example: "day", Choices: []string{
			"minute", "3minute", "5minute", "10minute", "15minute", "30minute", "60minute", "day",
		}},
		{Name: "continuous", Type: ArgBool, Example: "no"},
		{Name: "oi", Type: ArgBool, Example: "no"},
	}
	searchArgs = append([]Arg{
		{Name: "query", Type: ArgText, Required: true, Example: "infosys", MinLength: symbol.MinSearch},
		{Name: "filter_on", Type: ArgText, Example: "name", Choices: []string{"id", "name", "isin", "tradingsymbol", "underlying"}},
	}, paging...)
	alertArgs = []Arg{
		{Name: "uuids", Type: ArgList, Example: "0b1c0000-0000-4000-8000-000000000001"},
		{Name: "status", Type: ArgText, Example: "enabled", Choices: []string{"enabled", "disabled", "deleted"}},
		{Name: "type", Type: ArgText, Example: "simple", Choices: []string{"simple", "ato"}},
		{Name: "history", Type: ArgBool, Example: "no"},
	}
)

// writingTools can change an account, by the names that servers are known to
// have for them. They differ from unknown ones in words only: neither
// is ever called.
var writingTools = []string{
	"place_order", "modify_order", "cancel_order", "place_gtt_order", "modify_gtt_order", "delete_gtt_order",
	"create_alert", "modify_alert", "delete_alerts",
}

// writingModes are the same of tools with modes.
var writingModes = []string{"place", "modify", "cancel", "create", "delete"}

// ReadTools are the rows that read and nothing else: what people may ask by /tool.
// All callers share the list: it is not to be changed.
func ReadTools() []Tool { return readTools }

var readTools = slices.DeleteFunc(slices.Clone(allTools), func(t Tool) bool { return t.effect != reads })

// readTool finds a row that reads by its name.
func readTool(name string) (*Tool, bool) {
	at := slices.IndexFunc(allTools, func(t Tool) bool { return t.Name == name && t.effect == reads })
	if at < 0 {
		return nil, false
	}
	return &allTools[at], true
}

// readMode finds a row that reads by the tool and mode of a server with modes.
func readMode(tool, mode string) (*Tool, bool) {
	at := slices.IndexFunc(allTools, func(t Tool) bool { return t.grouped == tool && t.mode == mode && t.effect == reads })
	if at < 0 {
		return nil, false
	}
	return &allTools[at], true
}

// KnownTo reports whether servers of a style are known to have it.
func (t Tool) KnownTo(style Style) bool {
	return style == StyleTools && t.plain != "" || style == StyleModes && t.grouped != ""
}

// arg finds an argument by its name.
func (t Tool) arg(name string) (Arg, bool) {
	at := slices.IndexFunc(t.Args, func(a Arg) bool { return a.Name == name })
	if at < 0 {
		return Arg{}, false
	}
	return t.Args[at], true
}

// Style is how a server wants to be asked.
type Style int

// The styles.
const (
	StyleUnknown Style = iota
	StyleTools         // a tool for each question: get_holdings
	StyleModes         // few tools, each with a mode: portfolio, mode holdings
)

// modeArg is the argument that says what a tool with modes does. Reading and
// trading differ in nothing else there.
const modeArg = "mode"

// limitArg is the argument that says how many rows there may be. None, and zero,
// are all of them.
const limitArg = "limit"

// StyleOf says how a server is asked that offers these tools: StyleUnknown when
// it offers holdings in no way that we know.
func StyleOf(offers []wire.Offer) Style {
	holdings := Holdings().tool
	for _, style := range []Style{StyleTools, StyleModes} {
		if holdings.offered(offers, style) {
			return style
		}
	}
	return StyleUnknown
}

// OffersLogin reports whether a login link can be asked for.
func OffersLogin(offers []wire.Offer) bool { return Login().tool.offered(offers, StyleTools) }

// Offered are the rows that read, as far as the server offers them. Missing are
// those that a server of its style is known to have.
func Offered(offers []wire.Offer) (offered, missing []Tool) {
	style := StyleOf(offers)
	for _, t := range ReadTools() {
		switch {
		case t.offered(offers, style):
			offered = append(offered, t)
		case t.KnownTo(style):
			missing = append(missing, t)
		}
	}
	return offered, missing
}

func (t Tool) offered(offers []wire.Offer, style Style) bool {
	return slices.ContainsFunc(offers, func(o wire.Offer) bool {
		switch style {
		case StyleTools:
			return t.plain != "" && o.Name == t.plain
		case StyleModes:
			return t.grouped != "" && o.Name == t.grouped && slices.Contains(o.Modes, t.mode)
		default:
			return false
		}
	})
}
