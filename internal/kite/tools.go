package kite

import "slices"

// Tool is a tool of the server that only reads.
type Tool struct {
	Name    string
	Args    []Arg
	Account bool // answers with the person's own account rather than the market
}

// Arg is one argument of a tool.
type Arg struct {
	Name     string
	Type     ArgType
	Required bool
	Choices  []string // all values there are; nil when any will do
	Example  string   // a value as a person types it
}

// ArgType is what an argument has to be.
type ArgType string

// The types of arguments.
const (
	ArgText   ArgType = "text"
	ArgNumber ArgType = "number" // a whole one, not below zero
	ArgTruth  ArgType = "yes/no"
	ArgList   ArgType = "list" // texts
)

// Offer is a tool as the server describes it. Both are data from outside.
type Offer struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// ReadTools are the fifteen tools that read and nothing else: what may be
// called. It is a list of our own because the server's annotations call every
// tool destructive. login is not on it: called at a wrong moment it ends a login.
func ReadTools() []Tool {
	order := Arg{Name: "order_id", Type: ArgText, Required: true, Example: "251123000000001"}
	instruments := Arg{Name: "instruments", Type: ArgList, Required: true, Example: "NSE:INFY,NSE:TCS"}
	return []Tool{
		{Name: "get_profile", Account: true},
		{Name: "get_margins", Account: true},
		{Name: "get_holdings", Account: true, Args: paging()},
		{Name: "get_positions", Account: true, Args: paging()},
		{Name: "get_orders", Account: true, Args: paging()},
		{Name: "get_trades", Account: true, Args: paging()},
		{Name: "get_mf_holdings", Account: true, Args: paging()},
		{Name: "get_gtts", Account: true, Args: paging()},
		{Name: "get_order_history", Account: true, Args: []Arg{order}},
		{Name: "get_order_trades", Account: true, Args: []Arg{order}},
		{Name: "get_quotes", Args: []Arg{instruments}},
		{Name: "get_ltp", Args: []Arg{instruments}},
		{Name: "get_ohlc", Args: []Arg{instruments}},
		{Name: "get_historical_data", Args: historyArgs()},
		{Name: "search_instruments", Args: append(searchArgs(), paging()...)},
	}
}

func paging() []Arg {
	return []Arg{{Name: "from", Type: ArgNumber, Example: "0"}, {Name: "limit", Type: ArgNumber, Example: "10"}}
}

func historyArgs() []Arg {
	return []Arg{
		{Name: "instrument_token", Type: ArgNumber, Required: true, Example: "408065"},
		{Name: "from_date", Type: ArgText, Required: true, Example: "2026-11-02 09:15:00"},
		{Name: "to_date", Type: ArgText, Required: true, Example: "2026-11-20 15:30:00"},
		{Name: "interval", Type: ArgText, Required: true, Example: "day", Choices: []string{
			"minute", "3minute", "5minute", "10minute", "15minute", "30minute", "60minute", "day",
		}},
		{Name: "continuous", Type: ArgTruth, Example: "no"},
		{Name: "oi", Type: ArgTruth, Example: "no"},
	}
}

func searchArgs() []Arg {
	return []Arg{
		{Name: "query", Type: ArgText, Required: true, Example: "infosys"},
		{Name: "filter_on", Type: ArgText, Example: "name", Choices: []string{"id", "name", "isin", "tradingsymbol", "underlying"}},
	}
}

// ToolStanding is what may be done with a tool.
type ToolStanding int

const (
	// ToolUnknown: a tool we do not know, so nobody can say that it only reads.
	ToolUnknown ToolStanding = iota
	// ToolReads: one of [ReadTools].
	ToolReads
	// ToolLogin: the login tool, which is /login's alone.
	ToolLogin
	// ToolWrites: it can change the account.
	ToolWrites
)

// StandingOf says what may be done with a tool of the server.
func StandingOf(name string) ToolStanding {
	writes := []string{"place_order", "modify_order", "cancel_order", "place_gtt_order", "modify_gtt_order", "delete_gtt_order"}
	switch _, reads := readTool(name); {
	case reads:
		return ToolReads
	case name == "login":
		return ToolLogin
	case slices.Contains(writes, name):
		return ToolWrites
	default:
		return ToolUnknown
	}
}

func readTool(name string) (Tool, bool) {
	tools := ReadTools()
	at := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == name })
	if at < 0 {
		return Tool{}, false
	}
	return tools[at], true
}

// arg finds an argument by its name.
func (t Tool) arg(name string) (Arg, bool) {
	at := slices.IndexFunc(t.Args, func(a Arg) bool { return a.Name == name })
	if at < 0 {
		return Arg{}, false
	}
	return t.Args[at], true
}
