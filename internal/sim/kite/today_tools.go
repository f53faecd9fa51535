package kite

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"kitebot/internal/sim/kite/sample"
)

//go:embed data/tools.json
var toolSpecs []byte

// readTools says what each tool does that does not write.
func readTools() map[string]runner {
	return map[string]runner{
		"login":               runLogin,
		"get_profile":         valueTool(func(a *sample.Account) sample.Profile { return a.Profile }),
		"get_margins":         valueTool(func(a *sample.Account) sample.Margins { return a.Margins }),
		"get_holdings":        listTool(func(a *sample.Account) []sample.Holding { return a.Holdings }),
		"get_positions":       listTool(func(a *sample.Account) []sample.Position { return slices.Concat(a.Positions.Day, a.Positions.Net) }),
		"get_trades":          listTool(func(a *sample.Account) []sample.Trade { return a.Trades }),
		"get_orders":          listTool(func(a *sample.Account) []sample.Order { return a.Orders }),
		"get_gtts":            listTool(func(a *sample.Account) []sample.GTT { return a.GTTs }),
		"get_mf_holdings":     listTool(func(a *sample.Account) []sample.MFHolding { return a.MFHoldings }),
		"get_order_history":   runOrderHistory,
		"get_order_trades":    runOrderTrades,
		"get_quotes":          runQuotes,
		"get_ltp":             runLTP,
		"get_ohlc":            runOHLC,
		"get_historical_data": runHistoricalData,
		"search_instruments":  runSearch,
	}
}

// newTools reads the specifications, sorted by name, and joins them with what the read tools do. It panics when the two
// do not fit, which is a mistake in this package.
func newTools(opts Options) []tool {
	if opts.OtherTools {
		return otherTools()
	}
	var specs []struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		InputSchema json.RawMessage `json:"inputSchema"`
	}
	if err := json.Unmarshal(toolSpecs, &specs); err != nil {
		panic(fmt.Errorf("kite: data/tools.json: %w", err))
	}
	runners := readTools()
	var out []tool
	for _, spec := range specs {
		if opts.NoOrderTools && slices.Contains(orderTools(), spec.Name) {
			continue
		}
		raw, err := json.Marshal(map[string]any{
			"name": spec.Name, "description": spec.Description, "inputSchema": spec.InputSchema,
			"annotations": toolAnnotations(),
		})
		if err != nil {
			panic(fmt.Errorf("kite: tool %s: %w", spec.Name, err))
		}
		out = append(out, tool{name: spec.Name, spec: raw, run: runners[spec.Name]})
	}
	return out
}

// orderTools are the ones that the hosted server left out until 2026.
func orderTools() []string {
	return []string{"cancel_order", "modify_order", "place_order"}
}

// toolAnnotations are the same for every tool, reading or writing.
func toolAnnotations() map[string]any {
	return map[string]any{
		"readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": true,
	}
}

// failureText is all that the server says when Kite did not give a tool its data, for whatever reason.
func failureText(tool string) string {
	switch tool {
	case "get_order_history":
		return "Failed to get order history"
	case "get_order_trades":
		return "Failed to get order trades"
	case "get_quotes":
		return "Failed to get quotes"
	case "get_ltp":
		return "Failed to get latest trading prices"
	case "get_ohlc":
		return "Failed to get OHLC data"
	case "get_historical_data":
		return "Failed to get historical data"
	}
	return "Failed to execute " + tool
}

func (s *Server) toolList() []json.RawMessage {
	var out []json.RawMessage
	for _, t := range s.tools {
		out = append(out, t.spec)
	}
	return out
}

// refuseWrite stands for every tool that changes an account: it changes nothing and remembers who tried.
func refuseWrite(_ context.Context, s *Server, c *call) answer {
	s.violation("%s: call of the write tool %s", c.transport, c.tool)
	return answer{text: c.failure, isError: true}
}

// callTool answers a tools/call.
func (s *Server) callTool(ctx context.Context, who caller, m message, f *Fault) *response {
	var p callParams
	if len(m.Params) > 0 {
		if err := json.Unmarshal(m.Params, &p); err != nil {
			s.violation("%s: tools/call with parameters that are no object", who.transport)
			return fail(m.ID, codeInvalidRequest, "Invalid request")
		}
	}
	given, _ := p.Arguments.(map[string]any) // anything else counts as no arguments
	c := &call{caller: who, tool: p.Name, args: given, fault: f, failure: failureText(p.Name)}
	s.record(c)
	f.begin(ctx)
	i := slices.IndexFunc(s.tools, func(t tool) bool { return t.name == c.tool })
	if i < 0 || f.is(ToolMissing) {
		if i < 0 {
			s.violation("%s: call of %q, a tool that is not listed", who.transport, c.tool)
		}
		return fail(m.ID, codeInvalidParams, "tool '"+c.tool+"' not found: tool not found")
	}
	run := s.tools[i].run
	if run == nil {
		run = refuseWrite
	}
	return succeed(m.ID, toolResult(run(ctx, s, c), f))
}

// handle answers one message, or returns nil where JSON-RPC wants no answer. f is the fault that strikes it, if any.
func (s *Server) handle(ctx context.Context, who caller, raw json.RawMessage, f *Fault) *response {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		s.violation("%s: a message that is no JSON-RPC object", who.transport)
		return fail(nil, codeParse, "Failed to parse message")
	}
	if m.JSONRPC != "2.0" {
		s.violation("%s: a message that is not JSON-RPC 2.0", who.transport)
		return fail(m.ID, codeInvalidRequest, "Invalid JSON-RPC version")
	}
	if m.ID == nil || m.Result != nil {
		return nil // a notification, or the answer to one of our pings
	}
	if m.Method != OpCall {
		f.begin(ctx) // a tool call shows it once it is counted as a call
	}
	return s.dispatch(ctx, who, m, f)
}

func (s *Server) dispatch(ctx context.Context, who caller, m message, f *Fault) *response {
	switch m.Method {
	case OpInitialize:
		return succeed(m.ID, initializeResult(m.Params))
	case OpPing:
		return succeed(m.ID, struct{}{})
	case OpList:
		return succeed(m.ID, map[string]any{"tools": s.toolList()})
	case OpCall:
		return s.callTool(ctx, who, m, f)
	}
	return fail(m.ID, codeNoMethod, "Method "+m.Method+" not found")
}

// initializeResult negotiates the protocol version: only the oldest is spoken on request, everything else gets
// 2025-03-26, known or not.
func initializeResult(params json.RawMessage) any {
	var p struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	_ = json.Unmarshal(params, &p) // anything unreadable counts as no wish
	version := "2025-03-26"
	if p.ProtocolVersion == "2024-11-05" {
		version = p.ProtocolVersion
	}
	return map[string]any{
		"protocolVersion": version,
		"capabilities":    map[string]any{"tools": map[string]any{"listChanged": true}},
		"serverInfo":      map[string]any{"name": "Kite MCP Server", "version": "v0.3.1"},
	}
}
