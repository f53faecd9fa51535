package mcpconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Defaults of [Options].
const (
	// DefaultCallTimeout leaves room for Kite's own 7 s limit, and for another
	// 7 s that a call waits while another person's logout holds the server's
	// registry.
	DefaultCallTimeout = 20 * time.Second
	// DefaultLoginTimeout is longer because login asks Kite twice.
	DefaultLoginTimeout = 30 * time.Second
	// DefaultOpenTimeout bounds dialling, the endpoint event and initialize.
	DefaultOpenTimeout = 20 * time.Second
	// DefaultSilenceLimit is four of the server's pings, which come every 10 s.
	DefaultSilenceLimit = 40 * time.Second
	// DefaultStreamTimeout is how long a stream may take to name its endpoint,
	// which is its first event.
	DefaultStreamTimeout = 8 * time.Second
	// DefaultStreamRetry is for how long no stream is asked for after the
	// server was found to serve none.
	DefaultStreamRetry = 10 * time.Minute
	// DefaultLookPause keeps failures from being followed by a look each.
	DefaultLookPause = 10 * time.Second
)

// Options configure a [Dialer]. Zero durations take the defaults above.
type Options struct {
	// URL is the server: …/sse opens sessions as streams, where it serves those,
	// and resumes them on …/mcp of the same host; …/mcp uses streamable HTTP only. It is
	// https, or http to a loopback host, without user, query or fragment.
	URL string
	// HTTPClient makes the requests; nil for one made by [NewHTTPClient]. Its
	// Transport is used, its redirect policy and Timeout are replaced: a Timeout
	// would cut every stream.
	HTTPClient *http.Client
	// Dial makes the connections of that client; nil for the network's. A given
	// HTTPClient has its own way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// CallTimeout bounds one tool call, LoginTimeout the call of the login tool,
	// OpenTimeout an Open. SilenceLimit is how long a stream may say nothing
	// before it counts as lost.
	CallTimeout, LoginTimeout, OpenTimeout, SilenceLimit time.Duration
	// StreamTimeout is how long an Open waits for a stream before it goes on over
	// …/mcp, half of OpenTimeout at most. StreamRetry is how long the Opens after
	// it do not ask for a stream.
	StreamTimeout, StreamRetry time.Duration
	// LookPause is for how long there is no look at what the server offers after
	// something unexpected caused one.
	LookPause time.Duration
	// Callback is where the browser ends after a login by OAuth, a public https
	// address of ours, without query or fragment; "" for none. Where the server
	// does not take it, people send us the address that their browser ended at.
	Callback string
	// Now is the clock that logins by OAuth are dated by; nil for the real one.
	Now func() time.Time
	// Version is the bot's; the server reads it in each request's User-Agent.
	Version string
	// Meter counts calls; nil for none.
	Meter Meter
	// Logger gets debug lines about failures, and a line at each change of what
	// the server looks like; nil discards them.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.CallTimeout = cmp.Or(o.CallTimeout, DefaultCallTimeout)
	o.LoginTimeout = cmp.Or(o.LoginTimeout, DefaultLoginTimeout)
	o.OpenTimeout = cmp.Or(o.OpenTimeout, DefaultOpenTimeout)
	o.SilenceLimit = cmp.Or(o.SilenceLimit, DefaultSilenceLimit)
	o.StreamTimeout = min(cmp.Or(o.StreamTimeout, DefaultStreamTimeout), o.OpenTimeout/2)
	o.LookPause = cmp.Or(o.LookPause, DefaultLookPause)
	o.StreamRetry = cmp.Or(o.StreamRetry, DefaultStreamRetry)
	o.Version = cmp.Or(o.Version, "dev")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTPClient == nil {
		o.HTTPClient = NewHTTPClient(o.Dial)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// clientName is how we name ourselves to the server.
const clientName = "kitebot"

// userAgent says who asks. The gateway in front of the hosted server refuses
// clients that say nothing of themselves.
func (o Options) userAgent() string { return clientName + "/" + o.Version }

func (o Options) validate() error {
	if min(o.CallTimeout, o.LoginTimeout, o.OpenTimeout, o.SilenceLimit, o.StreamTimeout, o.StreamRetry, o.LookPause) < 0 {
		return errors.New("negative timeout")
	}
	if o.Callback == "" {
		return nil
	}
	u, err := url.Parse(o.Callback)
	if err != nil || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(o.Callback, "#") || u.Hostname() == "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return errors.New("callback: it has to be a plain https address, without user, query or fragment")
	}
	return nil
}

// addresses are the two places of the server.
type addresses struct {
	sse *url.URL // nil: streamable HTTP only
	mcp *url.URL
}

const (
	ssePath = "/sse"
	mcpPath = "/mcp"
)

// parseURL checks the configured address. Its errors say what is wrong without
// repeating the address, which may hold a password by mistake.
func parseURL(raw string) (addresses, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return addresses{}, errors.New("kite mcp url: cannot be parsed")
	}
	if err := checkURL(u); err != nil {
		return addresses{}, fmt.Errorf("kite mcp url: %w", err)
	}
	prefix, streams := strings.CutSuffix(u.Path, ssePath)
	if !streams {
		return addresses{mcp: u}, nil
	}
	mcp := *u
	mcp.Path = prefix + mcpPath
	return addresses{sse: u, mcp: &mcp}, nil
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the scheme must be https")
	case u.Hostname() == "":
		return errors.New("there is no host")
	case u.User != nil:
		return errors.New("a user or password does not belong there")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("a query or fragment does not belong there")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("http is allowed to a loopback host only, use https")
	case u.RawPath != "" || !strings.HasSuffix(u.Path, ssePath) && !strings.HasSuffix(u.Path, mcpPath):
		return fmt.Errorf("the path must end in %s or %s", ssePath, mcpPath)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Meter measures what is asked of the server. It must neither block nor ask the
// Dialer anything.
type Meter interface {
	// Tool counts one call, the opening or the end of a session, or a step of a login
	// by OAuth, as one of [Tools] with one of [Outcomes]. Calls that we cancelled are
	// not counted. fault is what it shows of the server: "" that it is well, [Unclear], [Erring], or else, in the words of [wire.Error.Cause], why no
	// answer came that the protocol knows.
	Tool(tool, outcome string, took time.Duration, fault string)
	// Surface records what the server looks like, one of [Surfaces], whenever
	// that has changed.
	Surface(name string)
}

// What a call can show of the server, other than that it is well or silent.
const (
	Erring  = "errors"  // it answers that it failed, which it says when Kite behind it fails, too
	Unclear = "unclear" // it answers, as it does whether or not Kite behind it is well
)

// What a Meter counts in addition to tools.
const (
	opening     = "open"
	ending      = "end"
	authorizing = "authorize"
	redeeming   = "token"
)

// well is the outcome of what did not fail; the others are kite's kinds.
const well = "ok"

// Tools lists what a [Meter] counts.
func Tools() []string {
	all := []string{query.Login().Name(), query.Logout().Name(), wire.ListTools, opening, ending, authorizing, redeeming}
	for _, t := range query.ReadTools() {
		all = append(all, t.Name)
	}
	return all
}

// Outcomes lists the outcomes that a [Meter] counts.
func Outcomes() []string {
	all := []string{well}
	for _, k := range wire.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// faultOf is what a call shows of the server. A profile is asked for until a
// login is through, and fails until then.
func faultOf(tool string, err error) string {
	kind := wire.KindOf(err)
	reads := tool != query.Profile().Name() && slices.ContainsFunc(query.ReadTools(), func(t query.Tool) bool { return t.Name == tool })
	switch {
	case err == nil:
		return ""
	case wire.Unanswered(err), kind == wire.KindMalformed:
		return cmp.Or(wire.CauseOf(err), kind.String())
	case kind == wire.KindFailed && reads:
		return Erring
	default:
		return Unclear
	}
}
