package wire_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/kite/wire"
)

func TestClassify(t *testing.T) {
	const page = "<html><head><title>502 Bad Gateway</title></head></html>"
	const badMessage = `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}` + "\n"
	tests := []struct {
		name    string
		tool    string
		outcome wire.Outcome
		want    wire.Kind
	}{
		{"first call without a login", "get_holdings", failed("Please log in first using the login tool"), wire.KindNoLogin},
		{"the same in other words", "get_holdings", failed("please log in first."), wire.KindNoLogin},
		{"the same, flag forgotten", "get_holdings", wire.Outcome{Text: "Please log in first using the login tool"}, wire.KindNoLogin},
		{"tool failed", "get_profile", failed("Failed to execute get_profile"), wire.KindFailed},
		{"tool failed, flag forgotten", "get_profile", wire.Outcome{Text: "Failed to execute get_profile"}, wire.KindFailed},
		{"order history failed", "get_order_history", failed("Failed to get order history"), wire.KindFailed},
		{"order trades failed", "get_order_trades", failed("Failed to get order trades"), wire.KindFailed},
		{"quotes failed", "get_quotes", failed("Failed to get quotes"), wire.KindFailed},
		{"ltp failed", "get_ltp", failed("Failed to get latest trading prices"), wire.KindFailed},
		{"ohlc failed", "get_ohlc", failed("Failed to get OHLC data"), wire.KindFailed},
		{"historical failed", "get_historical_data", failed("Failed to get historical data"), wire.KindFailed},
		{"unknown words", "get_holdings", failed("Something new"), wire.KindFailed},
		{"no words", "get_holdings", failed(""), wire.KindFailed},
		{"session over, on a stream", "get_holdings", failed("Failed to establish a session. Please try again."), wire.KindDoubt},
		{"session over, at login", "login", failed("Failed to get or create Kite session"), wire.KindDoubt},
		{"no such instrument", "search_instruments", failed("Instrument not found"), wire.KindBadArgument},
		{"argument missing", "get_order_history", failed("parameter 'order_id': is required"), wire.KindBadArgument},
		{"argument empty", "get_quotes", failed("parameter 'instruments': cannot be empty"), wire.KindBadArgument},
		{"from date", "get_historical_data", failed("Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS"), wire.KindBadArgument},
		{"to date", "get_historical_data", failed("Failed to parse to_date, use format YYYY-MM-DD HH:MM:SS"), wire.KindBadArgument},
		{"no instrument", "get_ltp", failed("At least one instrument must be specified"), wire.KindBadArgument},
		{"underlying", "search_instruments", failed("Invalid query format, specify exch:underlying, where exchange is BFO/NFO"), wire.KindBadArgument},

		{"terminated", "get_holdings", wire.Outcome{Status: 404, Body: "Session terminated\n"}, wire.KindEnded},
		{"terminated, as JSON", "get_holdings", wire.Outcome{Status: 404, Body: `{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}`}, wire.KindEnded},
		{"404 without a word", "get_holdings", wire.Outcome{Status: 404}, wire.KindUnreachable},
		{"404 of white space", "get_holdings", wire.Outcome{Status: 404, Body: " \r\n"}, wire.KindUnreachable},
		{"404 in a proxy's words", "get_holdings", wire.Outcome{Status: 404, Body: "no healthy upstream"}, wire.KindNotServed},
		{"404 page that quotes the server", "get_holdings", wire.Outcome{Status: 404, Body: "<html>Session terminated</html>"}, wire.KindUnreachable},
		{"400 page that quotes the server", "get_holdings", wire.Outcome{Status: 400, Body: "<html>Invalid session ID</html>"}, wire.KindUnreachable},
		{"unknown session", "get_holdings", wire.Outcome{Status: 400, Body: "Invalid session ID\n"}, wire.KindEnded},
		{"lost stream", "get_holdings", wire.Outcome{Status: 400, Body: badMessage}, wire.KindEnded},
		{"delete of an unknown session", "", wire.Outcome{Status: 500, Body: "Session termination failed: session ID not found\n"}, wire.KindEnded},
		{"delete of a garbled session", "", wire.Outcome{Status: 500, Body: "Session termination failed: invalid session ID format: invalid UUID length: 3\n"}, wire.KindEnded},
		{"delete that failed", "", wire.Outcome{Status: 500, Body: "Session termination failed: out of cheese\n"}, wire.KindUnreachable},
		{"wrong path", "get_holdings", wire.Outcome{Status: 404, Body: "404 page not found\n"}, wire.KindNotServed},
		{"wrong path, other router", "get_holdings", wire.Outcome{Status: 404, Body: "Not Found"}, wire.KindNotServed},
		{"gateway's 404", "get_holdings", wire.Outcome{Status: 404, Body: page}, wire.KindUnreachable},
		{"other 400", "get_holdings", wire.Outcome{Status: 400, Body: "Invalid content type: must be 'application/json'\n"}, wire.KindFailed},
		{"missing session", "get_holdings", wire.Outcome{Status: 400, Body: `{"error":{"code":-32602,"message":"Missing sessionId"}}`}, wire.KindFailed},
		{"method", "get_holdings", wire.Outcome{Status: 405, Body: "Method not allowed\n"}, wire.KindNotServed},
		{"blocked by a gateway", "get_holdings", wire.Outcome{Status: 403, Body: page}, wire.KindBlocked},
		{"forbidden", "get_holdings", wire.Outcome{Status: 403}, wire.KindBlocked},
		{"gone", "get_holdings", wire.Outcome{Status: 410}, wire.KindNotServed},
		{"misdirected", "get_holdings", wire.Outcome{Status: 421}, wire.KindNotServed},
		{"login wanted", "get_holdings", wire.Outcome{Status: 401, Body: "no bearer token\n"}, wire.KindAuthorize},
		{"session of a server with modes", "get_holdings", wire.Outcome{Status: 404, Body: "session not found\n"}, wire.KindEnded},
		{"unknown tool, other words", "get_holdings", wire.Outcome{RPC: `unknown tool "get_holdings"`}, wire.KindNoTool},
		{"mode gone", "get_holdings", failed("Invalid mode. Must be one of: profile, margins"), wire.KindNoTool},
		{"tool with modes failed", "get_holdings", failed("Failed to get holdings"), wire.KindFailed},
		{"the same, of two words", "get_orders", failed("Failed to execute orders_list"), wire.KindFailed},
		{"alerts failed, with Kite's words", "get_alerts", failed("Failed to get alerts: Too many requests"), wire.KindFailed},
		{"redirect", "get_holdings", wire.Outcome{Status: 302}, wire.KindUnreachable},
		{"slow down", "get_holdings", wire.Outcome{Status: 429, Body: "error code: 1015"}, wire.KindUnreachable},
		{"gateway", "get_holdings", wire.Outcome{Status: 502, Body: page}, wire.KindUnreachable},
		{"gateway timeout", "get_holdings", wire.Outcome{Status: 504}, wire.KindUnreachable},
		{"cloudflare timeout", "get_holdings", wire.Outcome{Status: 524}, wire.KindUnreachable},

		{"tool gone", "get_holdings", wire.Outcome{NoTool: true, Err: errors.New("invalid params")}, wire.KindNoTool},
		{"tool gone, by words", "get_holdings", wire.Outcome{RPC: "tool 'get_holdings' not found: tool not found"}, wire.KindNoTool},
		{"session, by words", "get_holdings", wire.Outcome{RPC: "Invalid session ID"}, wire.KindEnded},
		{"other protocol error", "get_holdings", wire.Outcome{RPC: "Parse error"}, wire.KindFailed},
		{"no answer", "get_holdings", wire.Outcome{Err: errors.New("connection reset")}, wire.KindUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := wire.Classify(tt.tool, tt.outcome)
			var e *wire.Error
			if !errors.As(err, &e) {
				t.Fatalf("Classify = %v, want an *Error", err)
			}
			if e.Kind != tt.want || e.Tool != tt.tool {
				t.Errorf("Classify = %v of %q, want %v of %q", e.Kind, e.Tool, tt.want, tt.tool)
			}
		})
	}
}

// A server with modes says why a login is over. None of its words is believed
// where it does not say that the tool failed.
func TestClassifyEndings(t *testing.T) {
	for text, want := range map[string]wire.Ending{
		"not logged into Kite. Please authenticate via the OAuth flow": wire.EndLost,
		"failed to get session: session ID not found":                  wire.EndLost,
		"invalid session ID": wire.EndLost,
		"kite session has expired. Please re-authenticate via the OAuth flow": wire.EndExpired,
		"Failed to get alerts: Incorrect `api_key` or `access_token`.":        wire.EndCutOff,
	} {
		var e *wire.Error
		if err := wire.Classify("get_alerts", failed(text)); !errors.As(err, &e) || e.Kind != wire.KindEnded || e.Why != want {
			t.Errorf("%q: %v, want ended because of %d", text, err, want)
		}
		if err := wire.Classify("get_alerts", wire.Outcome{Text: text}); wire.KindOf(err) == wire.KindEnded {
			t.Errorf("%q without the flag: %v", text, err)
		}
	}
	var e *wire.Error
	if err := wire.Classify("get_profile", wire.Outcome{Status: 404, Body: "Session terminated"}); !errors.As(err, &e) || e.Why != wire.EndUnknown {
		t.Errorf("a status: %v", err)
	}
}

func TestClassifyGood(t *testing.T) {
	for _, text := range []string{"[]", "null", "{}", `[{"tradingsymbol":"INFY"}]`, "You are already logged in as Asha Rao", "Open this: [Login to Kite](https://kite.zerodha.com/connect/login?api_key=k&redirect_params=p)"} {
		if err := wire.Classify("any", wire.Outcome{Text: text}); err != nil {
			t.Errorf("Classify(%.40q) = %v, want nil", text, err)
		}
	}
}

// What the server or the network says may hold the session id. None of it may
// be in the error, however it is printed, but the cause can still be found.
func TestClassifyKeepsSecrets(t *testing.T) {
	const secret = "3f0c2a17-secret"
	outcomes := []wire.Outcome{
		failed("Failed for session " + secret),
		failed("parameter '" + secret + "': is required"),
		failed("parameter 'x': is required " + secret + "\nsecret"),
		failed("Failed to execute " + secret),
		{Text: "Please log in first, " + secret},
		{Status: 400, Body: "Invalid session ID " + secret},
		{Status: 503, Body: secret},
		{RPC: secret},
		{NoTool: true, Text: secret},
		{Err: fmt.Errorf("post http://host/message?sessionId=%s: %w", secret, context.DeadlineExceeded)},
	}
	for i, o := range outcomes {
		err := wire.Classify("get_holdings", o)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if printed := fmt.Sprintf(verb, err); strings.Contains(printed, secret) {
				t.Errorf("outcome %d with %s: %s", i, verb, printed)
			}
		}
	}
	err := wire.Classify("get_holdings", outcomes[len(outcomes)-1])
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not known as %v", err, context.DeadlineExceeded)
	}
	if want := "get_holdings: unreachable: no answer in time"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
	refused := wire.Classify("get_quotes", failed("parameter 'instruments': is required"))
	if want := "get_quotes: bad argument: the tool says so"; refused.Error() != want {
		t.Errorf("Error() = %q, want %q", refused, want)
	}
}

func TestKindString(t *testing.T) {
	seen := map[string]wire.Kind{}
	for k := wire.KindUnknown; k <= wire.KindTooBig; k++ {
		if other, ok := seen[k.String()]; ok {
			t.Errorf("kinds %d and %d are both %q", other, k, k)
		}
		seen[k.String()] = k
	}
	if got := wire.Kind(99).String(); got != "unknown" {
		t.Errorf("Kind(99) = %q, want unknown", got)
	}
}

func failed(text string) wire.Outcome { return wire.Outcome{Text: text, IsError: true} }
