package kite

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kitebot/internal/sim/kite/sample"
)

//go:embed data/next_tools.json
var nextToolSpecs []byte

// modeTool is a tool of the rewrite: one name for several things to do, reading and writing. What it takes is in
// data/next_tools.json, and nothing there says which mode writes.
type modeTool struct {
	name  string
	spec  json.RawMessage
	modes []mode // in the order of the tool's own list
}

// mode is one thing that a tool does.
type mode struct {
	name    string
	run     runner // nil for one that writes, which never does anything here
	failure string // all that the tool says when Kite did not give it its data
}

// nextModes says what each tool does.
func nextModes() map[string][]mode {
	return map[string][]mode{
		"alerts":       {{"get", runAlerts, "Failed to get alerts"}, writes("create"), writes("modify"), writes("delete")},
		"gtt":          {{"list", listTool(nextGTTs), "Failed to execute gtt_list"}, writes("place"), writes("modify"), writes("delete")},
		"market":       marketModes(),
		"orders":       orderModes(),
		"session":      {{"status", runSessionStatus, ""}, {"logout", runSessionLogout, ""}},
		"mutual_funds": {{"holdings", valueTool(funds), "Failed to get mutual fund holdings"}},
		"portfolio": {
			{"profile", valueTool(func(a *sample.Account) sample.Profile { return a.Profile }), "Failed to get profile"},
			{"margins", valueTool(func(a *sample.Account) sample.Margins { return a.Margins }), "Failed to get margins"},
			{"holdings", runNextHoldings, "Failed to get holdings"},
			{"positions", readTools()["get_positions"], "Failed to execute portfolio_positions"},
		},
	}
}

func marketModes() []mode {
	return []mode{
		{"quote", runQuotes, "Failed to get quotes"}, {"ltp", runLTP, "Failed to get LTP"}, {"ohlc", runOHLC, "Failed to get OHLC data"},
		{"historical", runHistoricalData, "Failed to get historical data"}, {"search", runNextSearch, ""},
	}
}

func orderModes() []mode {
	return []mode{
		{"list", listTool(func(a *sample.Account) []nextOrder { return nextOrders(a.Orders) }), "Failed to execute orders_list"},
		{"history", orderTool(func(_ *sample.Account, o sample.Order) []nextOrder { return nextOrders(orderHistory(o)) }), "Failed to get order history"},
		{"trades", runOrderTrades, "Failed to get order trades"},
		{"all_trades", readTools()["get_trades"], "Failed to execute orders_all_trades"},
		writes("place"), writes("modify"), writes("cancel"),
	}
}

func writes(name string) mode { return mode{name: name} }

// newNextTools reads the specifications, sorted by name, without those that the operator excludes.
func newNextTools(opts Options) []modeTool {
	if opts.OtherTools {
		return withoutModes(otherTools()...)
	}
	var specs []json.RawMessage
	if err := json.Unmarshal(nextToolSpecs, &specs); err != nil {
		panic(fmt.Errorf("kite: data/next_tools.json: %w", err))
	}
	modes := nextModes()
	var out []modeTool
	for _, raw := range specs {
		var spec struct{ Name string }
		if err := json.Unmarshal(raw, &spec); err != nil || modes[spec.Name] == nil {
			panic(fmt.Sprintf("kite: data/next_tools.json: %q, %v", spec.Name, err))
		}
		if !slices.Contains(opts.Excluded, spec.Name) {
			out = append(out, modeTool{spec.Name, raw, modes[spec.Name]})
		}
	}
	if opts.Hybrid {
		out = append(out, withoutModes(tool{"login", specOf("login", "Log in to Kite"), runHybridLogin})...)
	}
	slices.SortFunc(out, func(a, b modeTool) int { return strings.Compare(a.name, b.name) })
	return out
}

// withoutModes are tools without modes among the others: with a single one that has no name.
func withoutModes(tools ...tool) []modeTool {
	var out []modeTool
	for _, t := range tools {
		out = append(out, modeTool{t.name, t.spec, []mode{{"", t.run, ""}}})
	}
	return out
}

// callNext answers a tools/call of the rewrite.
func (s *Server) callNext(ctx context.Context, p *postRequest, m wire, f *Fault) *response {
	c := &call{caller: p.caller, fault: f}
	if c.session == "" { // both came in one batch
		if c.session = p.began.id; !p.known {
			c.grant = c.session
		}
	}
	c.tool, c.mode, c.args = m.called()
	s.record(c)
	f.begin(ctx)
	if m.repeated != "" {
		s.violation("mcp: tools/call with the key %q twice", m.repeated)
	}
	i := slices.IndexFunc(s.nextTools, func(t modeTool) bool { return t.name == c.tool })
	if i < 0 || f.is(ToolMissing) {
		if i < 0 {
			s.violation("mcp: call of %q, a tool that is not listed", c.tool)
		}
		return fail(m.id, codeInvalidParams, fmt.Sprintf("unknown tool %q", c.tool))
	}
	return succeed(m.id, toolResult(s.runMode(ctx, s.nextTools[i], c), f))
}

// runMode does what a mode of a tool does. The tool checks the mode itself, since nobody has held the call against
// its schema.
func (s *Server) runMode(ctx context.Context, t modeTool, c *call) answer {
	var names []string
	for _, m := range t.modes {
		names = append(names, m.name)
		if m.name != c.mode {
			continue
		}
		if m.run == nil {
			s.violation("mcp: call of %s with the mode %s, which writes", t.name, m.name)
			return errorAnswer("Failed to execute %s_%s", t.name, m.name)
		}
		c.failure = m.failure
		return m.run(ctx, s, c)
	}
	s.violation("mcp: call of %s with the mode %q, which it does not have", t.name, c.mode)
	return errorAnswer("Invalid mode. Must be one of: %s", strings.Join(names, ", "))
}
