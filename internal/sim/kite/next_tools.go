package kite

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

//go:embed data/next_tools.json
var nextToolSpecs []byte

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
			{"holdings", readTools()["get_holdings"], "Failed to get holdings"},
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

// newNextTools reads the specifications, sorted by name.
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
		out = append(out, modeTool{spec.Name, raw, modes[spec.Name]})
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

// runHybridLogin is the login tool of a Hybrid. It hands out a link to the page of the server, unless Kite takes the
// login that there is.
func runHybridLogin(ctx context.Context, s *Server, c *call) answer {
	if a, _, ok := s.accountForCall(ctx, c); ok {
		name := ""
		if a != nil {
			name = a.Profile.UserName
		}
		return answer{text: "You are already logged in as " + name}
	}
	link := ""
	err := s.withLock(ctx, func(now time.Time) {
		link = authorizeURL(c.base, s.links.sign(c.session, now))
		s.loginLinks = append(s.loginLinks, link)
	})
	if err != nil {
		return errorAnswer("Failed to generate authorize URL")
	}
	return answer{text: fmt.Sprintf(loginText, link, link)}
}

// callNext answers a tools/call of the rewrite.
func (s *Server) callNext(ctx context.Context, p *postRequest, f *Fault) *response {
	m, c := p.message, &call{caller: p.caller, fault: f}
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

// runMode does what a mode of a tool does. The tool checks the mode itself, since the server does not check the call
// against its schema.
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
		if unknown := c.notSimulated(); unknown != "" {
			s.violation("mcp: the simulator does not know %s", unknown)
			return errorAnswer("the simulator does not know %s", unknown)
		}
		c.failure = m.failure
		return m.run(ctx, s, c)
	}
	s.violation("mcp: call of %s with the mode %q, which it does not have", t.name, c.mode)
	return errorAnswer("Invalid mode. Must be one of: %s", strings.Join(names, ", "))
}

// beginSession makes the session of an initialize request.
func (s *Server) beginSession(ctx context.Context, p *postRequest) {
	err := s.withLock(ctx, func(now time.Time) {
		p.began = &nextSession{id: rand.Text(), userID: p.UserID, bearer: p.ID, createdAt: now, lastUse: now}
		s.next.sessions[p.began.id], p.named = p.began, p.began.id
		if !p.known {
			s.next.grants[p.began.id] = &authGrant{id: p.began.id, createdAt: now, expiresAt: now.Add(authGrantLife)}
		}
	})
	abortIfProcessEnded(ctx)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// dispatchNext answers one message, or returns nil where JSON-RPC wants no answer.
func (s *Server) dispatchNext(ctx context.Context, p *postRequest, f *Fault) *response {
	m := p.message
	if m.method == "" || knownNotifications[m.method] {
		return nil
	}
	switch m.method {
	case OpInitialize:
		if p.session != "" {
			p.named = p.session
			return fail(m.id, 0, `duplicate "initialize" received`)
		}
		s.beginSession(ctx, p)
		return succeed(m.id, nextInitializeResult(m))
	case OpPing:
		return succeed(m.id, struct{}{})
	}
	if p.session == "" {
		return fail(m.id, 0, fmt.Sprintf("method %q is invalid during session initialization", m.method))
	}
	if m.method == OpList {
		return s.nextToolList(m)
	}
	return s.callNext(ctx, p, f)
}

// nextInitializeResult negotiates the protocol version: one that is spoken is echoed, any other gets the newest.
func nextInitializeResult(m wire) any {
	version := ""
	_ = json.Unmarshal(orNull(m.param("protocolVersion")), &version) // anything unreadable counts as no wish
	if !slices.Contains(nextVersions, version) {
		version = nextVersions[0]
	}
	return map[string]any{
		"capabilities":    map[string]any{"logging": struct{}{}, "tools": map[string]any{"listChanged": true}},
		"protocolVersion": version,
		"serverInfo":      map[string]any{"name": "Kite MCP Server", "version": "v0.0.0"},
	}
}

func (s *Server) nextToolList(m wire) *response {
	if cursor := m.param("cursor"); cursor != nil && string(cursor) != `""` {
		return fail(m.id, codeInvalidParams, "invalid params")
	}
	var specs []json.RawMessage
	for _, t := range s.nextTools {
		specs = append(specs, t.spec)
	}
	return succeed(m.id, struct {
		TTL   int               `json:"ttlMs"`
		Scope string            `json:"cacheScope"`
		Tools []json.RawMessage `json:"tools"`
	}{0, "public", specs})
}

// notSimulated names an argument with which the real server does something that the simulator does not, or "".
func (c *call) notSimulated() string {
	switch {
	case c.tool == "portfolio" && c.args.text("type", "full") != "full":
		return "other types of holdings than full"
	case c.tool == "market" && strings.HasPrefix(c.args.text("search_mode", ""), "get_by_") && c.args.text("search_mode", "") != "get_by_exch_token":
		return "the search mode " + c.args.text("search_mode", "")
	case c.args.boolean("include_live_quote"):
		return "live quotes of a search"
	}
	return ""
}
