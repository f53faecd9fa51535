package app

import (
	"errors"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"

	"kitebot/internal/bot/telegram"
)

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

// FrontAddr is where the bot listens for what a proxy passes on, and the setting
// that says so; "" for nowhere. A browser on this machine needs no proxy: it comes
// to the callback's own address, unless deliveries are taken elsewhere.
func (c Config) FrontAddr() (addr, setting string) {
	u, err := url.Parse(c.CallbackURL)
	switch {
	case c.WebhookURL == "" && (c.CallbackURL == "" || err != nil):
		return "", ""
	case c.WebhookURL != "" || u.Scheme != "http":
		return c.WebhookAddr, "WEBHOOK_ADDR"
	case u.Port() == "":
		return net.JoinHostPort(u.Hostname(), "80"), "OAUTH_CALLBACK_URL"
	default:
		return u.Host, "OAUTH_CALLBACK_URL"
	}
}
