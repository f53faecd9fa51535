package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/store"
)

// Settings is the table of all settings; docs/settings.md shows it.
func Settings() []Setting {
	return []Setting{
		{Name: "TELEGRAM_BOT_TOKEN", Required: true, Secret: true, Example: "123456789:AAExampleExampleExampleExample_Example", Meaning: "the bot's token, from @BotFather", set: setToken},
		{Name: "TELEGRAM_API_INSECURE", Example: "bot-api.internal", Meaning: "the one host that TELEGRAM_API_URL may name with http://: the token and every message cross that network unencrypted; loopback needs none", set: func(c *Config, v string) error { c.APIInsecure = v; return nil }},
		{Name: "TELEGRAM_API_URL", Default: "https://api.telegram.org", Example: "https://api.telegram.org", Meaning: "the Bot API server; a self-hosted one works too, with http:// only as TELEGRAM_API_INSECURE allows", set: setAPIURL},
		{Name: "KITE_MCP_URL", Default: "https://mcp.kite.trade/sse", Example: "https://mcp.kite.trade/sse", Meaning: "the Kite MCP server: …/sse streams and resumes on …/mcp; …/mcp is streamable HTTP only", set: setKiteURL},
		{Name: "KITE_LOGIN_HOSTS", Example: "kite.zerodha.com,mcp.kite.trade", Meaning: "hosts a login link may point to, comma-separated; empty: kite.zerodha.com and the host of KITE_MCP_URL", set: setLoginHosts},
		{Name: "ALLOWED_USERS", People: true, Example: "123456789,987654321", Meaning: "Telegram user ids that may use the bot, comma-separated, or * for anyone; empty: no one", set: func(c *Config, v string) (err error) { c.Allowed, err = parsePeople(v, true); return err }},
		{Name: "ADMIN_USERS", People: true, Example: "123456789", Meaning: "Telegram user ids of the operators, who may use the bot themselves and have /admin", set: func(c *Config, v string) (err error) { c.Admins, err = parsePeople(v, false); return err }},
		{Name: "STORE_PATH", Default: "bot.db", Example: "/data/bot.db", Meaning: "the file that remembers who is logged in", set: func(c *Config, v string) error { c.StorePath = v; return nil }},
		{Name: "STORE_KEY", Secret: true, Example: "the output of `openssl rand -base64 32`", Meaning: "encrypts the store; generated on first start if empty, in STORE_PATH.key", set: func(c *Config, v string) (err error) { c.StoreKey, err = parseKey(v); return err }},
		{Name: "STORE_KEY_OLD", Secret: true, Meaning: "to change STORE_KEY: the previous key; unset it after one start", set: func(c *Config, v string) (err error) { c.OldKey, err = parseKey(v); return err }},
		{Name: "HTTP_ADDR", Default: "127.0.0.1:8080", Example: "127.0.0.1:8080", Meaning: "where /healthz, /readyz and /metrics are served; off for nowhere", set: setHTTPAddr},
		{Name: "WEBHOOK_URL", Example: "https://bot.example.org/telegram", Meaning: "where Telegram delivers updates to, on port 443, 80, 88 or 8443; empty: the bot asks for them (long polling)", set: setWebhookURL},
		{Name: "WEBHOOK_SECRET", Secret: true, Example: "the output of `openssl rand -hex 32`", Meaning: "secret Telegram sends with each webhook call; generated at each start if empty", set: setWebhookSecret},
		{Name: "WEBHOOK_ADDR", Default: "127.0.0.1:8081", Example: "0.0.0.0:8081", Meaning: "where webhook calls and returning browsers arrive, over plain HTTP, from the proxy that ends TLS", set: setWebhookAddr},
		{Name: "OAUTH_CALLBACK_URL", Example: "https://bot.example.org/kite/callback", Meaning: "where the browser comes back to after a login by OAuth; empty: people paste the address", set: setCallbackURL},
		{Name: "USER_RATE", Default: "30/min", Example: "30/min", Meaning: "commands one person may send, per s, min or h; off for any number", set: func(c *Config, v string) (err error) { c.Rate, err = parseRate(v); return err }},
		{Name: "SEND_RATE", Default: "25/s", Example: "25/s", Meaning: "messages the bot sends to people who are let in, all together, per s, min or h; others get a sixth of it as well; Telegram documents a limit of 30/s; off for any number", set: func(c *Config, v string) (err error) { c.SendRate, err = parseRate(v); return err }},
		{Name: "SESSION_IDLE", Default: "10m", Example: "10m", Meaning: "how long after the last question a login's connection is closed; the next question resumes it; off for never", set: setSessionIdle},
		{Name: "LOG_LEVEL", Default: "info", Example: "info", Meaning: "debug, info, warn or error", set: setLogLevel},
		{Name: "LOG_FORMAT", Example: "json", Meaning: "text or json; empty: text on a terminal, else json", set: setLogFormat},
	}
}

var tokenShape = regexp.MustCompile(`^\d+:[A-Za-z0-9_-]{30,}$`)

func setToken(c *Config, v string) error {
	if !tokenShape.MatchString(v) {
		return errors.New("is not a bot token; copy the one that @BotFather shows, all of it")
	}
	c.Token = v
	return nil
}

// setAPIURL takes the Bot API server. What may be reached in clear is known by
// then, as it stands before it in the table.
func setAPIURL(c *Config, v string) error {
	if err := telegram.CheckServer(v, c.APIInsecure); err != nil {
		return problemOf(err)
	}
	c.APIURL = v
	return nil
}

// setKiteURL leaves the finer rules to the connection, which has them for itself
// and dials nothing yet.
func setKiteURL(c *Config, v string) error {
	if err := checkURL(v, "http", "https"); err != nil {
		return err
	}
	d, err := mcpconn.New(mcpconn.Options{URL: v})
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "kite mcp url: "))
	}
	d.Close()
	c.KiteURL = v
	return nil
}

func checkURL(v string, schemes ...string) error {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("is not a web address, without a user or password")
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return nil
		}
	}
	return fmt.Errorf("must begin with %s://", strings.Join(schemes, ":// or "))
}

func setLoginHosts(c *Config, v string) error {
	if v == "" {
		return nil
	}
	for host := range strings.SplitSeq(v, ",") {
		host = strings.ToLower(strings.TrimSpace(host))
		if host == "" || strings.ContainsAny(host, "/@?# ") {
			return errors.New("must be host names, separated by commas")
		}
		c.LoginHosts = append(c.LoginHosts, host)
	}
	return nil
}

// parseKey returns nil for no key.
func parseKey(v string) ([]byte, error) {
	if v == "" {
		return nil, nil
	}
	key, err := store.ParseKey(v)
	if err != nil {
		return nil, errors.New("must be 32 bytes in base64")
	}
	return key, nil
}

func setHTTPAddr(c *Config, v string) error {
	if v == "off" {
		return nil
	}
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		return errors.New("must be host:port, or off")
	}
	c.HTTPAddr = v
	return nil
}

var rateUnits = map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}

func parseRate(v string) (bot.Rate, error) {
	if v == "off" {
		return bot.Rate{}, nil
	}
	number, unit, _ := strings.Cut(v, "/")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	per := rateUnits[strings.TrimSpace(unit)]
	if err != nil || n < 1 || n > 100_000 || per == 0 {
		return bot.Rate{}, errors.New("must be a number per s, min or h, or off")
	}
	return bot.Rate{N: n, Per: per}, nil
}

// The bounds of SESSION_IDLE. Shorter makes each question one more round trip,
// longer than a login lasts is off.
const shortestIdle, longestIdle = time.Second, 24 * time.Hour

func setSessionIdle(c *Config, v string) error {
	if v == "off" {
		c.SessionIdle = -1
		return nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < shortestIdle || d > longestIdle {
		return errors.New("must be a time of 1s to 24h, or off")
	}
	c.SessionIdle = d
	return nil
}

func setLogLevel(c *Config, v string) error {
	if err := c.LogLevel.UnmarshalText([]byte(v)); err != nil {
		return choices("must be debug, info, warn or error")
	}
	return nil
}

func setLogFormat(c *Config, v string) error {
	switch v {
	case "":
	case "text", "json":
		json := v == "json"
		c.LogJSON = &json
	default:
		return choices("must be text or json")
	}
	return nil
}

func setWebhookURL(c *Config, v string) error {
	if v == "" {
		return nil
	}
	if err := telegram.CheckHookURL(v); err != nil {
		return problemOf(err)
	}
	c.WebhookURL = v
	return nil
}

func setWebhookSecret(c *Config, v string) error {
	if v == "" {
		return nil
	}
	if err := telegram.CheckHookSecret(v); err != nil {
		return problemOf(err)
	}
	c.WebhookSecret = v
	return nil
}

// problemOf is what is wrong with an option of Telegram's, without its name
// there.
func problemOf(err error) error {
	if option, ok := errors.AsType[*telegram.OptionError](err); ok {
		return errors.New(option.Problem)
	}
	return err
}

func setWebhookAddr(c *Config, v string) error {
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		return errors.New("must be host:port")
	}
	c.WebhookAddr = v
	return nil
}

// setCallbackURL takes an address that browsers can come back to. The webhook's is
// known by then, as it stands before it in the table.
func setCallbackURL(c *Config, v string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	switch {
	case err != nil, u.Hostname() == "", u.User != nil:
		return errors.New("is not a web address, without a user or password")
	case strings.ContainsAny(v, "?#"):
		return errors.New("must end with the path, without ? or #")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("must begin with https://; http:// is for 127.0.0.1 and [::1] only")
	case u.Path == "" || u.Path == "/":
		return errors.New("must have a path other than /")
	case u.Path != path.Clean(u.Path) && u.Path != path.Clean(u.Path)+"/":
		return errors.New("must have a plain path: no //, /./ or /../ in it")
	case !isPort(u.Port()):
		return errors.New("must be on a port of 1 to 65535")
	case c.WebhookURL != "" && samePath(c.WebhookURL, u.Path):
		return errors.New("must have another path than WEBHOOK_URL: both are served in one place")
	}
	c.CallbackURL = v
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// isPort reports whether an address may have a port, "" for the usual one.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// samePath reports whether a good address has a path.
func samePath(address, path string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Path == path
}
