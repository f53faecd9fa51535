package kite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/kite"
)

func TestClassify(t *testing.T) {
	const page = "<html><head><title>502 Bad Gateway</title></head></html>"
	const badMessage = `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}` + "\n"
	tests := []struct {
		name    string
		tool    string
		outcome kite.Outcome
		want    kite.Kind
	}{
		{"first call without a login", "get_holdings", failed("Please log in first using the login tool"), kite.KindNoLogin},
		{"the same in other words", "get_holdings", failed("please log in first."), kite.KindNoLogin},
		{"the same, flag forgotten", "get_holdings", kite.Outcome{Text: "Please log in first using the login tool"}, kite.KindNoLogin},
		{"tool failed", "get_profile", failed("Failed to execute get_profile"), kite.KindFailed},
		{"tool failed, flag forgotten", "get_profile", kite.Outcome{Text: "Failed to execute get_profile"}, kite.KindFailed},
		{"order history failed", "get_order_history", failed("Failed to get order history"), kite.KindFailed},
		{"order trades failed", "get_order_trades", failed("Failed to get order trades"), kite.KindFailed},
		{"quotes failed", "get_quotes", failed("Failed to get quotes"), kite.KindFailed},
		{"ltp failed", "get_ltp", failed("Failed to get latest trading prices"), kite.KindFailed},
		{"ohlc failed", "get_ohlc", failed("Failed to get OHLC data"), kite.KindFailed},
		{"historical failed", "get_historical_data", failed("Failed to get historical data"), kite.KindFailed},
		{"unknown words", "get_holdings", failed("Something new"), kite.KindFailed},
		{"no words", "get_holdings", failed(""), kite.KindFailed},
		{"session over, on a stream", "get_holdings", failed("Failed to establish a session. Please try again."), kite.KindDoubt},
		{"session over, at login", "login", failed("Failed to get or create Kite session"), kite.KindDoubt},
		{"no such instrument", "search_instruments", failed("Instrument not found"), kite.KindBadArgument},
		{"argument missing", "get_order_history", failed("parameter 'order_id': is required"), kite.KindBadArgument},
		{"argument empty", "get_quotes", failed("parameter 'instruments': cannot be empty"), kite.KindBadArgument},
		{"from date", "get_historical_data", failed("Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS"), kite.KindBadArgument},
		{"to date", "get_historical_data", failed("Failed to parse to_date, use format YYYY-MM-DD HH:MM:SS"), kite.KindBadArgument},
		{"no instrument", "get_ltp", failed("At least one instrument must be specified"), kite.KindBadArgument},
		{"underlying", "search_instruments", failed("Invalid query format, specify exch:underlying, where exchange is BFO/NFO"), kite.KindBadArgument},

		{"terminated", "get_holdings", kite.Outcome{Status: 404, Body: "Session terminated\n"}, kite.KindEnded},
		{"terminated, as JSON", "get_holdings", kite.Outcome{Status: 404, Body: `{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}`}, kite.KindEnded},
		{"404 without a word", "get_holdings", kite.Outcome{Status: 404}, kite.KindUnreachable},
		{"404 of white space", "get_holdings", kite.Outcome{Status: 404, Body: " \r\n"}, kite.KindUnreachable},
		{"404 in a proxy's words", "get_holdings", kite.Outcome{Status: 404, Body: "no healthy upstream"}, kite.KindNotServed},
		{"404 page that quotes the server", "get_holdings", kite.Outcome{Status: 404, Body: "<html>Session terminated</html>"}, kite.KindUnreachable},
		{"400 page that quotes the server", "get_holdings", kite.Outcome{Status: 400, Body: "<html>Invalid session ID</html>"}, kite.KindUnreachable},
		{"unknown session", "get_holdings", kite.Outcome{Status: 400, Body: "Invalid session ID\n"}, kite.KindEnded},
		{"lost stream", "get_holdings", kite.Outcome{Status: 400, Body: badMessage}, kite.KindEnded},
		{"delete of an unknown session", "", kite.Outcome{Status: 500, Body: "Session termination failed: session ID not found\n"}, kite.KindEnded},
		{"delete of a garbled session", "", kite.Outcome{Status: 500, Body: "Session termination failed: invalid session ID format: invalid UUID length: 3\n"}, kite.KindEnded},
		{"delete that failed", "", kite.Outcome{Status: 500, Body: "Session termination failed: out of cheese\n"}, kite.KindUnreachable},
		{"wrong path", "get_holdings", kite.Outcome{Status: 404, Body: "404 page not found\n"}, kite.KindNotServed},
		{"wrong path, other router", "get_holdings", kite.Outcome{Status: 404, Body: "Not Found"}, kite.KindNotServed},
		{"gateway's 404", "get_holdings", kite.Outcome{Status: 404, Body: page}, kite.KindUnreachable},
		{"other 400", "get_holdings", kite.Outcome{Status: 400, Body: "Invalid content type: must be 'application/json'\n"}, kite.KindFailed},
		{"missing session", "get_holdings", kite.Outcome{Status: 400, Body: `{"error":{"code":-32602,"message":"Missing sessionId"}}`}, kite.KindFailed},
		{"method", "get_holdings", kite.Outcome{Status: 405, Body: "Method not allowed\n"}, kite.KindNotServed},
		{"blocked by a gateway", "get_holdings", kite.Outcome{Status: 403, Body: page}, kite.KindBlocked},
		{"forbidden", "get_holdings", kite.Outcome{Status: 403}, kite.KindBlocked},
		{"gone", "get_holdings", kite.Outcome{Status: 410}, kite.KindNotServed},
		{"misdirected", "get_holdings", kite.Outcome{Status: 421}, kite.KindNotServed},
		{"login wanted", "get_holdings", kite.Outcome{Status: 401, Body: "no bearer token\n"}, kite.KindAuthorize},
		{"session of a server with modes", "get_holdings", kite.Outcome{Status: 404, Body: "session not found\n"}, kite.KindEnded},
		{"unknown tool, other words", "get_holdings", kite.Outcome{RPC: `unknown tool "get_holdings"`}, kite.KindNoTool},
		{"mode gone", "get_holdings", failed("Invalid mode. Must be one of: profile, margins"), kite.KindNoTool},
		{"tool with modes failed", "get_holdings", failed("Failed to get holdings"), kite.KindFailed},
		{"the same, of two words", "get_orders", failed("Failed to execute orders_list"), kite.KindFailed},
		{"alerts failed, with Kite's words", "get_alerts", failed("Failed to get alerts: Too many requests"), kite.KindFailed},
		{"redirect", "get_holdings", kite.Outcome{Status: 302}, kite.KindUnreachable},
		{"slow down", "get_holdings", kite.Outcome{Status: 429, Body: "error code: 1015"}, kite.KindUnreachable},
		{"gateway", "get_holdings", kite.Outcome{Status: 502, Body: page}, kite.KindUnreachable},
		{"gateway timeout", "get_holdings", kite.Outcome{Status: 504}, kite.KindUnreachable},
		{"cloudflare timeout", "get_holdings", kite.Outcome{Status: 524}, kite.KindUnreachable},

		{"tool gone", "get_holdings", kite.Outcome{NoTool: true, Err: errors.New("invalid params")}, kite.KindNoTool},
		{"tool gone, by words", "get_holdings", kite.Outcome{RPC: "tool 'get_holdings' not found: tool not found"}, kite.KindNoTool},
		{"session, by words", "get_holdings", kite.Outcome{RPC: "Invalid session ID"}, kite.KindEnded},
		{"other protocol error", "get_holdings", kite.Outcome{RPC: "Parse error"}, kite.KindFailed},
		{"no answer", "get_holdings", kite.Outcome{Err: errors.New("connection reset")}, kite.KindUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := kite.Classify(tt.tool, tt.outcome)
			var e *kite.Error
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
	for text, want := range map[string]kite.Ending{
		"not logged into Kite. Please authenticate via the OAuth flow": kite.EndLost,
		"failed to get session: session ID not found":                  kite.EndLost,
		"invalid session ID": kite.EndLost,
		"kite session has expired. Please re-authenticate via the OAuth flow": kite.EndExpired,
		"Failed to get alerts: Incorrect `api_key` or `access_token`.":        kite.EndCutOff,
	} {
		var e *kite.Error
		if err := kite.Classify("get_alerts", failed(text)); !errors.As(err, &e) || e.Kind != kite.KindEnded || e.Why != want {
			t.Errorf("%q: %v, want ended because of %d", text, err, want)
		}
		if err := kite.Classify("get_alerts", kite.Outcome{Text: text}); kite.KindOf(err) == kite.KindEnded {
			t.Errorf("%q without the flag: %v", text, err)
		}
	}
	var e *kite.Error
	if err := kite.Classify("get_profile", kite.Outcome{Status: 404, Body: "Session terminated"}); !errors.As(err, &e) || e.Why != kite.EndUnsaid {
		t.Errorf("a status: %v", err)
	}
}

// Every tool fails with its own name in the text; all of them mean the same.
func TestClassifyEveryTool(t *testing.T) {
	for _, tool := range []string{"get_profile", "get_margins", "get_holdings", "get_positions", "get_trades", "get_orders", "get_gtts", "get_mf_holdings"} {
		if got := kite.KindOf(kite.Classify(tool, failed("Failed to execute "+tool))); got != kite.KindFailed {
			t.Errorf("%s: %v, want %v", tool, got, kite.KindFailed)
		}
	}
}

func TestClassifyGood(t *testing.T) {
	for _, text := range []string{"[]", "null", "{}", `[{"tradingsymbol":"INFY"}]`, "You are already logged in as Asha Rao", "Open this: [Login to Kite](https://kite.zerodha.com/connect/login?api_key=k&redirect_params=p)"} {
		if err := kite.Classify("any", kite.Outcome{Text: text}); err != nil {
			t.Errorf("Classify(%.40q) = %v, want nil", text, err)
		}
	}
}

// What the server or the network says may hold the session id. None of it may
// be in the error, however it is printed, but the cause can still be found.
func TestClassifyKeepsSecrets(t *testing.T) {
	const secret = "3f0c2a17-secret"
	outcomes := []kite.Outcome{
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
		err := kite.Classify("get_holdings", o)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if printed := fmt.Sprintf(verb, err); strings.Contains(printed, secret) {
				t.Errorf("outcome %d with %s: %s", i, verb, printed)
			}
		}
	}
	err := kite.Classify("get_holdings", outcomes[len(outcomes)-1])
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not known as %v", err, context.DeadlineExceeded)
	}
	if want := "get_holdings: unreachable: no answer in time"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
}

func TestBadArgumentQuotesNothing(t *testing.T) {
	err := kite.Classify("get_quotes", failed("parameter 'instruments': is required"))
	if want := "get_quotes: bad argument: the tool says so"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
}

func TestKindString(t *testing.T) {
	seen := map[string]kite.Kind{}
	for k := kite.KindUnknown; k <= kite.KindDoubt; k++ {
		if other, ok := seen[k.String()]; ok {
			t.Errorf("kinds %d and %d are both %q", other, k, k)
		}
		seen[k.String()] = k
	}
	if got := kite.Kind(99).String(); got != "unknown" {
		t.Errorf("Kind(99) = %q, want unknown", got)
	}
}

func failed(text string) kite.Outcome { return kite.Outcome{Text: text, IsError: true} }
