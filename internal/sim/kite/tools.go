package kite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// accountForCall brings a call to the point where its tool asks Kite. It returns the account that answers, nil where
// Kite answers {"data":null}; or else ok false and what the tool says instead.
func (s *Server) accountForCall(ctx context.Context, c *call) (a *sample.Account, instead answer, ok bool) {
	l, instead := s.loginOf(ctx, c)
	if l == nil {
		return nil, instead, false
	}
	a, c.problem = s.askKite(ctx, c.fault, l)
	return a, errorAnswer("%s", c.failure), c.problem == ""
}

// loginOf finds the login object that a call may use, or says why there is none.
func (s *Server) loginOf(ctx context.Context, c *call) (l *login, instead answer) {
	if c.grant != "" {
		return s.loginOfGrant(ctx, c.grant)
	}
	var e *session
	var fresh bool
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, fresh = s.registry.touch(c.session, now); e != nil {
			l = e.login
		}
	})
	switch {
	case err != nil || e == nil:
		return nil, errorAnswer("Failed to establish a session. Please try again.")
	case fresh:
		return nil, errorAnswer("Please log in first using the login tool")
	}
	return l, answer{}
}

// loginOfGrant finds the login behind a bearer, or says why there is none.
func (s *Server) loginOfGrant(ctx context.Context, id string) (l *login, instead answer) {
	err := s.withLock(ctx, func(now time.Time) {
		g := s.next.grants[id]
		switch {
		case g == nil:
			instead = errorAnswer("failed to get session: session ID not found")
		case now.After(g.expiresAt):
			instead = errorAnswer("kite session has expired. Please re-authenticate via the OAuth flow")
		case g.login == nil:
			instead = errorAnswer("not logged into Kite. Please authenticate via the OAuth flow")
		default:
			l = g.login
		}
	})
	if err != nil {
		return nil, errorAnswer("failed to get session: %v", err)
	}
	return l, instead
}

// What Kite says when it does not give its data. All but one tool keep it to themselves.
const (
	problemToken  = "Incorrect `api_key` or `access_token`."
	problemAnswer = "Error parsing response."
	problemHang   = "Request failed."
)

// askKite is one request to Kite with the access token of l, if it has one yet. problem is what Kite says when it
// refuses or does not answer; a is nil when the answer is {"data":null}.
func (s *Server) askKite(ctx context.Context, f *Fault, l *login) (a *sample.Account, problem string) {
	switch {
	case f.is(UpstreamHang):
		f.wait(ctx, upstreamWait)
		return nil, problemHang
	case f.is(UpstreamFailure):
		f.wait(ctx, 0)
		return nil, problemAnswer
	}
	err := s.withLock(ctx, func(now time.Time) { a = s.broker.account(l.token, now) })
	if err != nil || a == nil {
		return nil, problemToken
	}
	if f.is(UpstreamNull) {
		f.wait(ctx, 0)
		return nil, ""
	}
	return a, ""
}

// toolResult is the CallToolResult: isError is absent when false.
func toolResult(o answer, f *Fault) any {
	if f.is(BadJSON) && !o.isError {
		o.text = o.text[:len(o.text)/2]
	}
	type content struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	return struct {
		Content []content `json:"content"`
		IsError bool      `json:"isError,omitempty"`
	}{[]content{{"text", o.text}}, o.isError}
}

// jsonAnswer is the outcome of a tool whose answer is v.
func jsonAnswer(v any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		return answer{text: "Failed to process response data", isError: true}
	}
	return answer{text: string(b)}
}

// errorAnswer is an outcome that says why.
func errorAnswer(format string, a ...any) answer {
	return answer{text: fmt.Sprintf(format, a...), isError: true}
}

// valueTool is a tool whose answer is one object.
func valueTool[T any](pick func(*sample.Account) T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		var v T // what is left of {"data":null}
		if a != nil {
			v = pick(a)
		}
		return jsonAnswer(v)
	}
}

// listTool is a tool whose answer is a list that can be had in pages.
func listTool[T any](pick func(*sample.Account) []T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		var all []T
		if a != nil {
			all = pick(a)
		}
		return jsonAnswer(paginate(all, c.args))
	}
}

// orderTool is a tool about one order. Kite refuses an order id that it does not know.
func orderTool[T any](pick func(a *sample.Account, o sample.Order) []T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		if complaint := c.args.require("order_id"); complaint != "" {
			return errorAnswer("%s", complaint)
		}
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		if a == nil {
			return answer{text: "null"}
		}
		id := c.args.text("order_id", "")
		i := slices.IndexFunc(a.Orders, func(o sample.Order) bool { return o.OrderID == id })
		if i < 0 {
			return instead
		}
		return jsonAnswer(pick(a, a.Orders[i]))
	}
}

func runOrderHistory(ctx context.Context, s *Server, c *call) answer {
	return orderTool(func(_ *sample.Account, o sample.Order) []sample.Order { return orderHistory(o) })(ctx, s, c)
}

func runOrderTrades(ctx context.Context, s *Server, c *call) answer {
	return orderTool(func(a *sample.Account, o sample.Order) []sample.Trade {
		out := []sample.Trade{}
		for _, t := range a.Trades {
			if t.OrderID == o.OrderID {
				out = append(out, t)
			}
		}
		return out
	})(ctx, s, c)
}

// orderHistory lists the steps of an order to its present state, oldest first.
func orderHistory(o sample.Order) []sample.Order {
	step := func(status string) sample.Order {
		h := o
		h.Status, h.StatusMessage, h.StatusMessageRaw = status, "", ""
		h.AveragePrice, h.FilledQuantity, h.CancelledQuantity, h.PendingQuantity = 0, 0, 0, o.Quantity
		h.ExchangeUpdateTimestamp, h.Meta, h.Tags = time.Time{}, nil, nil
		if status != "OPEN" {
			h.ExchangeOrderID, h.ExchangeTimestamp = "", time.Time{}
		}
		return h
	}
	out := []sample.Order{step("PUT ORDER REQ RECEIVED"), step("VALIDATION PENDING")}
	if o.Status != "REJECTED" {
		out = append(out, step("OPEN PENDING"), step("OPEN"))
	}
	if o.Status != "OPEN" {
		out = append(out, o)
	}
	return out
}

// specOf is the specification of a tool that takes nothing.
func specOf(name, description string) json.RawMessage {
	raw, err := json.Marshal(map[string]any{
		"name": name, "description": description, "inputSchema": map[string]any{"type": "object", "properties": struct{}{}},
	})
	if err != nil {
		panic(fmt.Errorf("kite: tool %s: %w", name, err)) // the simulator's own fault
	}
	return raw
}

// otherTools are what a server lists that has nothing to do with accounts. The bot never calls them.
func otherTools() []tool {
	return []tool{
		{name: "convert_units", spec: specOf("convert_units", "Convert lengths and weights"), run: runOtherTool},
		{name: "roll_dice", spec: specOf("roll_dice", "Roll some dice"), run: runOtherTool},
	}
}

// runOtherTool answers a call that should not have been made.
func runOtherTool(_ context.Context, s *Server, c *call) answer {
	s.violation("%s: call of %s, which has nothing to do with accounts", c.transport, c.tool)
	return answer{text: "42"}
}

// loginText is what an assistant is asked to show. The link stands in it twice, and the prose has changed before.
const loginText = "IMPORTANT: Please display this warning to the user before proceeding:\n\n" +
	"⚠️ **WARNING: AI systems are unpredictable and non-deterministic. By continuing, you agree to interact with " +
	"your Zerodha account via AI at your own risk.**\n\n" +
	"After showing the warning above, provide the user with this login link: [Login to Kite](%s)\n\n" +
	"If your client supports clickable links, you can render and present it and ask them to click the link above. " +
	"Otherwise, display the URL and ask them to copy and paste it into their browser: %s\n\n" +
	"After completing the login in your browser, let me know and I'll continue with your request."

// How many instruments Kite takes in one request.
const (
	maxQuotes = 500
	maxPrices = 1000
)

// dateForm is the only form of a date that get_historical_data takes, read as Indian time.
const dateForm = "2006-01-02 15:04:05"

// quoteTool is a tool whose answer is an object keyed by what was asked; what Kite does not know is absent.
func quoteTool[T any](most int, needsOne bool, pick func(l sample.Listing, now time.Time) T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		if complaint := c.args.require("instruments"); complaint != "" {
			return errorAnswer("%s", complaint)
		}
		ids := c.args.texts("instruments")
		if needsOne && len(ids) == 0 {
			return errorAnswer("At least one instrument must be specified")
		}
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		if a == nil {
			return answer{text: "null"}
		}
		if len(ids) == 0 && c.mode == "" || len(ids) > most {
			return errorAnswer("%s", c.failure) // Kite refuses the request; to the rewrite it answers one for nothing
		}
		out := map[string]T{}
		for _, id := range ids {
			if l, known := s.market.ByID[id]; known {
				out[id] = pick(l, s.opts.Now())
			}
		}
		return jsonAnswer(out)
	}
}

func runQuotes(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxQuotes, false, sample.Listing.Quote)(ctx, s, c)
}

func runLTP(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxPrices, true, func(l sample.Listing, _ time.Time) sample.LTPQuote {
		return sample.LTPQuote{InstrumentToken: l.InstrumentToken, LastPrice: l.LastPrice}
	})(ctx, s, c)
}

func runOHLC(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxPrices, true, func(l sample.Listing, now time.Time) sample.OHLCQuote {
		return sample.OHLCQuote{InstrumentToken: l.InstrumentToken, LastPrice: l.LastPrice, OHLC: l.DayOHLC(now)}
	})(ctx, s, c)
}

// runHistoricalData answers candles. Kite refuses an unknown token or interval, a span that ends before it begins and
// one that is longer than the interval allows.
func runHistoricalData(ctx context.Context, s *Server, c *call) answer {
	if complaint := c.args.require("instrument_token", "from_date", "to_date", "interval"); complaint != "" {
		return errorAnswer("%s", complaint)
	}
	from, err := time.ParseInLocation(dateForm, c.args.text("from_date", ""), sample.IST())
	if err != nil {
		return errorAnswer("Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS")
	}
	to, err := time.ParseInLocation(dateForm, c.args.text("to_date", ""), sample.IST())
	if err != nil {
		return errorAnswer("Failed to parse to_date, use format YYYY-MM-DD HH:MM:SS")
	}
	a, instead, ok := s.accountForCall(ctx, c)
	if !ok {
		return instead
	}
	if a == nil {
		return answer{text: "null"}
	}
	l, known := s.market.ByToken[uint32(c.args.integer("instrument_token"))]
	every, ok := sample.IntervalByName(c.args.text("interval", ""))
	if !known || !ok || to.Before(from) || to.Sub(from) > every.MaxSpan {
		return instead
	}
	return jsonAnswer(l.Candles(every, from, to, s.opts.Now()))
}

// runSearch needs no login and leaves the registry alone. What it finds comes in another order each time, so that a
// page of it is a random part.
func runSearch(_ context.Context, s *Server, c *call) answer {
	listings, complaint := s.search(c.args)
	if complaint != "" {
		return errorAnswer("%s", complaint)
	}
	var found []sample.Instrument
	for _, l := range listings {
		found = append(found, l.Instrument)
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return jsonAnswer(paginate(found, c.args))
}

// search finds what contains a text, or all contracts on an underlying.
func (s *Server) search(a args) (found []sample.Listing, complaint string) {
	if complaint := a.require("query"); complaint != "" {
		return nil, complaint
	}
	query, field := a.text("query", ""), a.text("filter_on", "id")
	match := func(l sample.Listing) bool {
		return strings.Contains(strings.ToLower(searchField(l, field)), strings.ToLower(query))
	}
	if field == "underlying" {
		exchange, underlying, both := strings.Cut(query, ":")
		if strings.Contains(underlying, ":") {
			return nil, "Invalid query format, specify exch:underlying, where exchange is BFO/NFO"
		}
		if !both {
			exchange, underlying = "NFO", query
		}
		match = func(l sample.Listing) bool { return l.Exchange == exchange && l.Name == underlying }
	}
	for _, l := range s.market.Listings {
		if match(l) {
			found = append(found, l)
		}
	}
	return found, ""
}

// searchField returns what a search looks at; a field that does not exist means the id.
func searchField(l sample.Listing, name string) string {
	byName := map[string]string{"name": l.Name, "tradingsymbol": l.Tradingsymbol, "isin": l.ISIN}
	if v, ok := byName[name]; ok {
		return v
	}
	return cmp.Or(l.ID, l.Tradingsymbol)
}
