package telegram

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// officialAPI is Telegram's own Bot API server.
const officialAPI = "https://api.telegram.org"

// A stray newline or control character in a token would otherwise surface in the
// errors of net/http, token included.
var (
	validToken      = regexp.MustCompile(`^[1-9][0-9]{0,17}:[A-Za-z0-9_-]{30,}$`)
	validHookSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

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
	// for any number. Unauthorized people get a sixth of it in addition.
	SendRate float64
	// Now says how long ago another consumer took the updates; nil for [time.Now].
	Now func() time.Time
	// Dial makes the connections; nil for the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Meter measures the calls.
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
	if !validToken.MatchString(o.Token) {
		return o, &OptionError{"Token", "not a bot token; BotFather gives one like 123456789:AbC… with at least 30 characters after the colon"}
	}
	o.APIURL = strings.TrimRight(strings.TrimSpace(o.APIURL), "/")
	if o.APIURL == "" {
		o.APIURL = officialAPI
	}
	if err := CheckServer(o.APIURL, o.Insecure); err != nil {
		return o, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// CheckServer returns an *[OptionError] unless a Bot API server can be reached at
// an address, and nothing goes there in clear, except to loopback and to the
// host that insecure names.
func CheckServer(address, insecure string) error {
	u, problem := parseServer(address, officialAPI)
	if problem != "" {
		return &OptionError{"APIURL", problem}
	}
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

// parseServer parses a server's address, or says what is wrong with it. The parse
// error itself is not passed on, since it quotes the address.
func parseServer(address, example string) (u *url.URL, problem string) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "":
		return nil, "not an address; expected one like " + example
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, "must begin with https:// or http://"
	case u.User != nil:
		return nil, "must not hold a user name or password"
	case u.RawQuery != "", u.Fragment != "", u.ForceQuery:
		return nil, "must end with the host or a path, without ? or #"
	}
	return u, ""
}

// CheckHookURL returns an *[OptionError] unless Telegram takes a webhook's
// address: https, on one of its four ports. One on this machine may be http, on
// any port, which the simulator takes.
func CheckHookURL(address string) error {
	_, err := parseHookURL(address)
	return err
}

func parseHookURL(address string) (*url.URL, error) {
	u, problem := parseServer(address, "https://kitebot.example.com/telegram")
	switch {
	case problem != "" || isLoopback(u.Hostname()):
	case u.Scheme != "https":
		problem = "must begin with https://"
	case !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()):
		problem = "must be on port 443, 80, 88 or 8443: telegram delivers to no other"
	}
	if problem != "" {
		return nil, &OptionError{"Hook.URL", problem}
	}
	return u, nil
}

// CheckHookSecret returns an *[OptionError] unless Telegram takes the secret: 1
// to 256 letters, digits, "_" and "-".
func CheckHookSecret(secret string) error {
	if !validHookSecret.MatchString(secret) {
		return &OptionError{"Hook.Secret", "must be 1 to 256 letters, digits, _ and -"}
	}
	return nil
}
