// Package query has everything that may be asked of Kite's server, and how each
// kind of server wants it asked. A [Query] can be made here only, so that nothing
// else is ever sent.
package query

import (
	"encoding/json"
	"fmt"
	"kitebot/internal/kite"
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

// IsToolList reports whether it is the protocol's own question which tools there are.
func (q Query) IsToolList() bool { return q.tool == &toolList }

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

// Profile asks who is logged in. See [kite.DecodeProfile].
func Profile() Query { return knownQuery("get_profile", nil) }

// Margins asks for funds. See [kite.DecodeMargins].
func Margins() Query { return knownQuery("get_margins", nil) }

// Holdings asks for holdings. See [kite.DecodeHoldings].
func Holdings() Query { return knownQuery("get_holdings", nil) }

// Positions asks for positions. See [kite.DecodePositions].
func Positions() Query { return knownQuery("get_positions", nil) }

// Orders asks for today's orders. See [kite.DecodeOrders].
func Orders() Query { return knownQuery("get_orders", nil) }

// Trades asks for today's trades. See [kite.DecodeTrades].
func Trades() Query { return knownQuery("get_trades", nil) }

// MutualFunds asks for mutual funds. See [kite.DecodeMutualFunds].
func MutualFunds() Query { return knownQuery("get_mf_holdings", nil) }

// GTTs asks for orders that wait for a price. See [kite.DecodeGTTs].
func GTTs() Query { return knownQuery("get_gtts", nil) }

// OrderHistory asks for the steps of an order. See [kite.DecodeOrderHistory].
func OrderHistory(order string) Query {
	return knownQuery("get_order_history", map[string]any{"order_id": order})
}

// OrderTrades asks for the trades of an order. See [kite.DecodeOrderTrades].
func OrderTrades(order string) Query {
	return knownQuery("get_order_trades", map[string]any{"order_id": order})
}

// Quotes asks for quotes with depth, of "NSE:INFY" and the like. See [kite.DecodeQuotes].
func Quotes(instruments []string) Query {
	return knownQuery("get_quotes", map[string]any{"instruments": instruments})
}

// OHLC asks for the prices of the day. See [kite.DecodeOHLC].
func OHLC(instruments []string) Query {
	return knownQuery("get_ohlc", map[string]any{"instruments": instruments})
}

// Candles asks for the history of an instrument. See [kite.DecodeCandles].
func Candles(token int64, w kite.Window) Query {
	return knownQuery("get_historical_data", map[string]any{
		"instrument_token": token, "interval": w.Interval, "from_date": w.From.Format(kiteDate), "to_date": w.To.Format(kiteDate),
	})
}

// kiteDate is the only form of a date that get_historical_data takes. The
// server reads it as Indian time.
const kiteDate = "2006-01-02 15:04:05"

// Count asks how many instruments there are whose field, "id" or "name", holds a
// text: [symbol.Matches.Total] of an answer that holds one of them.
func Count(text, field string) Query {
	return knownQuery("search_instruments", map[string]any{"query": text, "filter_on": field, limitArg: int64(1)})
}

// Instruments searches for instruments whose field, "id" or "name", holds a
// text, [symbol.MaxMatches] at most. See [symbol.DecodeInstruments].
func Instruments(text, field string) Query {
	return knownQuery("search_instruments", map[string]any{"query": text, "filter_on": field})
}

// ISIN searches for the listings of a security.
func ISIN(isin string) Query {
	return knownQuery("search_instruments", map[string]any{"query": isin, "filter_on": "isin"})
}

// BSECode searches for the share that has a number at BSE. A server with a tool
// for each question cannot: it looks for symbols with that number in them.
func BSECode(code int64) Query {
	return knownQuery("search_instruments", map[string]any{
		"query": strconv.FormatInt(code, 10), "search_mode": "get_by_exch_token", "exchange": "BSE", "exch_token": code,
	})
}

// Alerts asks for price alerts. Of all questions only this one is answered
// with Kite's own reason when it fails, so that a login that is over can be told
// from another failure.
func Alerts() Query { return knownQuery("get_alerts", nil) }

// ToolList asks which tools the server offers. See [wire.DecodeOffers].
func ToolList() Query { return Query{tool: &toolList} }

// Login asks for a login link. Asked at a wrong moment it ends a login.
func Login() Query { return knownQuery("login", nil) }

// Logout ends a login that was made by OAuth.
func Logout() Query { return knownQuery("session_logout", nil) }

// knownQuery makes a query of a row that is known to exist.
func knownQuery(name string, values map[string]any) Query {
	for i := range allTools {
		if allTools[i].Name == name {
			return Query{tool: &allTools[i], values: values}
		}
	}
	panic("kite: no row " + name)
}
