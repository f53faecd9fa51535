package telegram

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kitebot/internal/clock"
)

// officialAPI is Telegram's own Bot API server.
const officialAPI = "https://api.telegram.org"

// minSecret is the fewest characters a token's second half may have.
const minSecret = 30

// Options configures a [Client].
type Options struct {
	// Token is what BotFather gave: digits, a colon, and at least 30 letters,
	// digits, "_" or "-". White space around it is dropped.
	Token string
	// APIURL is the Bot API server without a trailing method, such as
	// https://api.telegram.org, which is also what "" means.
	APIURL string
	// Insecure is the host, with or without its port, that APIURL may name with
	// plain http, such as a self-hosted server in a pod network: the token and
	// every message cross that network in clear. Loopback needs no permission.
	Insecure string
	// SendRate is how many messages a second may go to people who are let in; 0
	// for any number. Outsiders get a sixth of it in addition.
	SendRate float64
	// Clock paces waiting; nil for the system clock. Deadlines of network calls
	// do not use it.
	Clock clock.Clock
	// Dial makes the connections; nil for the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Meter measures the calls; nil for none.
	Meter Meter
	// Logger takes what an operator should know; nil discards it. No line holds
	// the token or the text of a message.
	Logger *slog.Logger
}

// OptionError is an option that cannot be used. It never holds the value.
type OptionError struct {
	Option  string // the field's name, "Token" or "APIURL"
	Problem string // what is wrong and what is expected
}

func (e *OptionError) Error() string { return "telegram option " + e.Option + ": " + e.Problem }

// checked returns the options with blanks filled in, or an *OptionError.
func (o Options) checked() (Options, error) {
	o.Token = strings.TrimSpace(o.Token)
	if !validToken(o.Token) {
		return o, &OptionError{"Token", "not a bot token; BotFather gives one like 123456789:AbC… with at least 30 characters after the colon"}
	}
	o.APIURL = strings.TrimRight(strings.TrimSpace(o.APIURL), "/")
	if o.APIURL == "" {
		o.APIURL = officialAPI
	}
	if err := CheckServer(o.APIURL, o.Insecure); err != nil {
		return o, err
	}
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Meter == nil {
		o.Meter = noopMeter{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// validToken tells a token's shape: ^\d+:[A-Za-z0-9_-]{30,}$. A stray newline
// or control character would otherwise surface in net/http's errors, token
// included.
func validToken(token string) bool {
	id, secret, ok := strings.Cut(token, ":")
	if !ok || len(secret) < minSecret {
		return false
	}
	if strings.IndexFunc(id, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return false
	}
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return false
	}
	return strings.IndexFunc(secret, func(r rune) bool { return !plainLetter(r) }) < 0
}

func plainLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// CheckServer returns an *[OptionError] unless a Bot API server can be reached at
// an address, and nothing goes there in clear, except to loopback and to the
// host that insecure names.
func CheckServer(address, insecure string) error {
	if problem := badServer(address, officialAPI); problem != "" {
		return &OptionError{"APIURL", problem}
	}
	u, _ := url.Parse(address) // it is no bad one
	named := strings.EqualFold(u.Host, insecure) || strings.EqualFold(u.Hostname(), strings.Trim(insecure, "[]"))
	if u.Scheme == "http" && !named && !isLoopback(u.Hostname()) {
		return &OptionError{"APIURL", "must begin with https://, since the token and every message would be sent in clear, unless TELEGRAM_API_INSECURE names the host"}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// badServer says what is wrong with a server's address, "" for nothing. The
// parse error itself is not passed on, since it quotes the address.
func badServer(address, example string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "":
		return "not an address; expected one like " + example
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https:// or http://"
	case u.User != nil:
		return "must not hold a user name or password"
	case u.RawQuery != "", u.Fragment != "", u.ForceQuery:
		return "must end with the host or a path, without ? or #"
	}
	return ""
}

// CheckHookURL returns an *[OptionError] unless Telegram takes a webhook's
// address: https, on one of its four ports. One on this machine may be http, on
// any port, which the simulator takes.
func CheckHookURL(address string) error {
	bad := func(problem string) error { return &OptionError{"Hook.URL", problem} }
	if problem := badServer(address, "https://kitebot.example.com/telegram"); problem != "" {
		return bad(problem)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return bad("not an address")
	case isLoopback(u.Hostname()):
		return nil
	case u.Scheme != "https":
		return bad("must begin with https://")
	case !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()):
		return bad("must be on port 443, 80, 88 or 8443: telegram delivers to no other")
	}
	return nil
}

// CheckHookSecret returns an *[OptionError] unless Telegram takes the secret: 1
// to 256 letters, digits, "_" and "-".
func CheckHookSecret(secret string) error {
	if len(secret) < 1 || len(secret) > maxHookSecret || strings.IndexFunc(secret, func(r rune) bool { return !plainLetter(r) }) >= 0 {
		return &OptionError{"Hook.Secret", "must be 1 to 256 letters, digits, _ and -"}
	}
	return nil
}
