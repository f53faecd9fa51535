// Package app wires the packages: it reads the settings and runs the bot.
package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot"
)

// Config is the bot's settings, checked. See [Settings] for what each means.
type Config struct {
	Token         string
	APIURL        string
	APIInsecure   string // the host that APIURL may name with http://
	KiteURL       string
	LoginHosts    []string // nil: see [Config.Hosts]
	Allowed       People
	Admins        People
	StorePath     string
	StoreKey      []byte // nil: made on the first start, next to the store
	OldKey        []byte // the key that StoreKey follows; nil for none
	HTTPAddr      string // "" for none
	HTTPAsked     bool   // HTTPAddr was asked for: unless it can be had, the start ends
	WebhookURL    string // "" for long polling
	WebhookSecret string // "" for one that is made at each start
	WebhookAddr   string
	CallbackURL   string // "" if people paste the address
	Rate          bot.Rate
	SendRate      bot.Rate      // zero: any number
	SessionIdle   time.Duration // zero: as the session pool has it; negative: never
	LogLevel      slog.Level
	LogJSON       *bool // nil: text on a terminal, else JSON

	Settings []LoadedSetting // each setting that was read, in the order of the table
	Warnings []string        // what looks like a setting and is none, or is set dangerously
}

// Allow reports whether a person may use the bot.
func (c Config) Allow(id int64) bool { return c.Allowed.Has(id) || c.Admins.Has(id) }

// Hosts are the hosts that a login link may point to: what was set, else Zerodha's
// own and, since July 2026, that of the MCP server, which shows a page first.
func (c Config) Hosts() []string {
	u, err := url.Parse(c.KiteURL)
	if c.LoginHosts != nil || err != nil { // a bad address ends the start
		return c.LoginHosts
	}
	return []string{"kite.zerodha.com", strings.ToLower(u.Host)}
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

// attrs are the settings for the line of the log that a run begins with.
func (c Config) attrs() slog.Attr {
	var all []any
	for _, g := range c.Settings {
		all = append(all, slog.Any(g.Name, g))
	}
	return slog.Group("settings", all...)
}

// People is a list of Telegram user ids, or everyone.
type People struct {
	Anyone bool
	IDs    map[int64]bool
}

// Has reports whether the list holds a person.
func (p People) Has(id int64) bool { return p.Anyone || p.IDs[id] }

func parsePeople(v string, star bool) (People, error) {
	p := People{IDs: map[int64]bool{}}
	for part := range strings.SplitSeq(v, ",") {
		switch part = strings.TrimSpace(part); {
		case part == "":
		case part == "*" && star:
			p.Anyone = true
		default:
			id, err := strconv.ParseInt(part, 10, 64)
			if err != nil || id <= 0 {
				return People{}, peopleError(star)
			}
			p.IDs[id] = true
		}
	}
	return p, nil
}

func peopleError(star bool) error {
	what := "numbers"
	if star {
		what = "numbers, or * for all"
	}
	return choices("must be " + what + ", separated by commas; send /start to the bot and it answers with yours")
}

// choices is what a setting must be, with nothing left for an example to say.
type choices string

func (c choices) Error() string { return string(c) }

// Setting is one environment variable. A secret can also be given as NAME_FILE,
// the path of a file that holds it.
type Setting struct {
	Name     string
	Default  string
	Required bool
	Secret   bool
	People   bool // a list of people
	Example  string
	Meaning  string
	set      func(*Config, string) error // its error says what is wrong, never the value
}

// SettingError is a setting that ends the start. It names the variable, says
// what is wrong and what it should look like, and never holds the value.
type SettingError struct{ Name, Problem, Example string }

func (e *SettingError) Error() string {
	s := e.Name + ": " + e.Problem
	if e.Example != "" {
		s += "; for example " + e.Example
	}
	return s
}

// SettingErrors are all settings that end a start, a line each.
type SettingErrors []*SettingError

func (e SettingErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

func (e SettingErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// LoadedSetting is a setting as it was found.
type LoadedSetting struct {
	Setting
	// Source says where the value is from: "environment", "file PATH", "default"
	// or "not set".
	Source string
	Wrong  *SettingError // nil: it is good
	value  string        // "" for none, and for a wrong one
}

// Where settings come from.
const (
	fromEnvironment = "environment"
	fromDefault     = "default"
	notSet          = "not set"
)

// unset is what is wrong with a required setting that is not there.
const unset = "is not set"

// Value is what an operator may see of the value, on one line: dots for a secret.
func (g LoadedSetting) Value() string {
	switch {
	case g.value == "":
		return ""
	case g.Secret:
		return dots
	default:
		return printable(g.value)
	}
}

const dots = "•••"

// printable is a text on one line, quoted if it has to be.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// LogValue is what a log may hold: of a list of people only how long it is.
func (g LoadedSetting) LogValue() slog.Value {
	switch {
	case g.Source == notSet:
		return slog.StringValue(notSet)
	case g.People:
		return slog.StringValue(countOf(g.value))
	default:
		return slog.StringValue(g.Value())
	}
}

// countOf says how many people a list names.
func countOf(list string) string {
	p, _ := parsePeople(list, true) // it was read before
	if p.Anyone {
		return "anyone"
	}
	if len(p.IDs) == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", len(p.IDs))
}

// String is the setting's line for an operator: what holds and where it is from,
// or what is wrong.
func (g LoadedSetting) String() string {
	switch {
	case g.Wrong != nil:
		what := strings.TrimPrefix(g.Wrong.Error(), g.Name+": ")
		return fmt.Sprintf("%s = WRONG  (%s): %s", g.Name, g.Source, strings.TrimPrefix(what, unset+"; ")) // the source says that
	case g.Source == notSet:
		return fmt.Sprintf("%s is not set", g.Name)
	default:
		return fmt.Sprintf("%s = %s  (%s)", g.Name, g.Value(), g.Source)
	}
}
