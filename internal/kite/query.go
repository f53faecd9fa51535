package kite

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// Query is one thing to ask of Kite's server: a row of the table in tools.go,
// with values for its arguments. Only this package makes one, from typed values,
// so that nothing is ever sent to the server that the table does not hold. The
// zero Query asks nothing.
type Query struct {
	tool   *Tool
	values map[string]any // by the argument's name, each of its type
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

// Name names the question, in metrics and for /tool: "get_holdings". "" for the
// zero Query.
func (q Query) Name() string {
	if q.tool == nil {
		return ""
	}
	return q.tool.Name
}

// Tool is the row of the table.
func (q Query) Tool() Tool {
	if q.tool == nil {
		return Tool{}
	}
	return *q.tool
}

// Reads reports whether the question changes nothing, neither an account nor a login.
func (q Query) Reads() bool { return q.tool != nil && q.tool.effect == reads }

// Lists reports whether it is the protocol's own question which tools there are.
func (q Query) Lists() bool { return q.tool == &toolList }

// On says how the question is put to a server: the tool, and its arguments as
// they are to be sent. ok is false when such a server cannot be asked this.
func (q Query) On(style Style) (tool string, args map[string]any, ok bool) {
	if q.tool == nil {
		return "", nil, false
	}
	args = make(map[string]any, len(q.values)+2)
	maps.Copy(args, q.values)
	if most := q.tool.most; most > 0 {
		if typed, _ := args[limitArg].(int64); typed <= 0 || typed > most {
			args[limitArg] = most
		}
	}
	if style == StyleModes {
		maps.Copy(args, q.tool.always)
		args[modeArg] = q.tool.mode
		return q.tool.grouped, args, q.tool.KnownTo(style)
	}
	return q.tool.plain, args, q.tool.KnownTo(style)
}

// Key is the same for questions that ask the same.
func (q Query) Key() string {
	words, err := json.Marshal(q.values) // sorts the names
	if err != nil {                      // values are texts, numbers, truths and lists of texts
		panic(fmt.Errorf("kite: query %s: %w", q.Name(), err))
	}
	return q.Name() + string(words)
}

// AskProfile asks who is logged in. See [DecodeProfile].
func AskProfile() Query { return row("get_profile", nil) }

// AskMargins asks for funds. See [DecodeMargins].
func AskMargins() Query { return row("get_margins", nil) }

// AskHoldings asks for holdings. See [DecodeHoldings].
func AskHoldings() Query { return row("get_holdings", nil) }

// AskPositions asks for positions. See [DecodePositions].
func AskPositions() Query { return row("get_positions", nil) }

// AskOrders asks for today's orders. See [DecodeOrders].
func AskOrders() Query { return row("get_orders", nil) }

// AskTrades asks for today's trades. See [DecodeTrades].
func AskTrades() Query { return row("get_trades", nil) }

// AskMutualFunds asks for mutual funds. See [DecodeMutualFunds].
func AskMutualFunds() Query { return row("get_mf_holdings", nil) }

// AskGTTs asks for orders that wait for a price. See [DecodeGTTs].
func AskGTTs() Query { return row("get_gtts", nil) }

// AskOrderHistory asks for the steps of an order. See [DecodeOrderHistory].
func AskOrderHistory(order string) Query {
	return row("get_order_history", map[string]any{"order_id": order})
}

// AskOrderTrades asks for the trades of an order. See [DecodeOrderTrades].
func AskOrderTrades(order string) Query {
	return row("get_order_trades", map[string]any{"order_id": order})
}

// AskQuotes asks for quotes with depth, of "NSE:INFY" and the like. See [DecodeQuotes].
func AskQuotes(instruments []string) Query {
	return row("get_quotes", map[string]any{"instruments": instruments})
}

// AskOHLC asks for the prices of the day. See [DecodeOHLC].
func AskOHLC(instruments []string) Query {
	return row("get_ohlc", map[string]any{"instruments": instruments})
}

// AskCandles asks for the history of an instrument. See [DecodeCandles].
func AskCandles(token int64, w Window) Query {
	return row("get_historical_data", map[string]any{
		"instrument_token": token, "interval": w.Interval, "from_date": w.From.Format(kiteDate), "to_date": w.To.Format(kiteDate),
	})
}

// kiteDate is the only form of a date that get_historical_data takes. The
// server reads it as Indian time.
const kiteDate = "2006-01-02 15:04:05"

// AskCount asks how many instruments there are whose field, "id" or "name", holds a
// text: [Matches.Total] of an answer that holds one of them.
func AskCount(text, field string) Query {
	return row("search_instruments", map[string]any{"query": text, "filter_on": field, limitArg: int64(1)})
}

// AskInstruments searches for instruments whose field, "id" or "name", holds a
// text, [MaxMatches] at most. See [DecodeInstruments].
func AskInstruments(text, field string) Query {
	return row("search_instruments", map[string]any{"query": text, "filter_on": field})
}

// AskISIN searches for the listings of a security.
func AskISIN(isin string) Query {
	return row("search_instruments", map[string]any{"query": isin, "filter_on": "isin"})
}

// AskBSECode searches for the share that has a number at BSE. A server with a tool
// for each question cannot: it looks for symbols with that number in them.
func AskBSECode(code int64) Query {
	return row("search_instruments", map[string]any{
		"query": strconv.FormatInt(code, 10), "search_mode": "get_by_exch_token", "exchange": "BSE", "exch_token": code,
	})
}

// AskAlerts asks for price alerts. Of all questions only this one is answered
// with Kite's own reason when it fails, and tells a login that is over from
// trouble.
func AskAlerts() Query { return row("get_alerts", nil) }

// AskTools asks which tools the server offers. See [DecodeOffers].
func AskTools() Query { return Query{tool: &toolList} }

// AskLogin asks for a login link. Asked at a wrong moment it ends a login.
func AskLogin() Query { return row("login", nil) }

// AskLogout ends a login that was made by OAuth.
func AskLogout() Query { return row("session_logout", nil) }

// row makes a query of a row that is known to exist.
func row(name string, values map[string]any) Query {
	for i := range table {
		if table[i].Name == name {
			return Query{tool: &table[i], values: values}
		}
	}
	panic("kite: no row " + name)
}
