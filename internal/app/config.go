// Package app wires the packages: it reads the settings and runs the bot.
package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/command"
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

// People is a list of Telegram user ids, or everybody.
type People struct {
	Everybody bool
	IDs       map[int64]bool
}

// Has reports whether the list holds a person.
func (p People) Has(id int64) bool { return p.Everybody || p.IDs[id] }

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

// Env is where settings come from: the process's environment, outside of tests.
type Env struct {
	Lookup   func(name string) (string, bool)
	ReadFile func(name string) ([]byte, error)
	Names    func() []string // of all variables; nil where they are not needed
}

// OSEnv is the process's environment.
func OSEnv() Env { return Env{Lookup: os.LookupEnv, ReadFile: os.ReadFile, Names: osNames} }

func osNames() []string {
	var names []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return names
}

// Load reads the settings, all of them or only the named ones: what is not read
// cannot be wrong, and stays zero. Bad ones are SettingErrors; Config.Settings and
// Config.Warnings tell of all settings then, too.
func Load(env Env, only ...string) (Config, error) {
	var c Config
	if len(only) == 0 {
		c.Warnings = env.unknownVars()
	}
	var wrong SettingErrors
	for _, s := range Settings() {
		if len(only) > 0 && !slices.Contains(only, s.Name) {
			continue
		}
		g := env.load(s, &c)
		if g.Wrong != nil {
			wrong = append(wrong, g.Wrong)
		}
		c.Settings = append(c.Settings, g)
	}
	if wrong != nil {
		return Config{Settings: c.Settings, Warnings: c.Warnings}, wrong
	}
	return c, nil
}

// unset is what is wrong with a required setting that is not there.
const unset = "is not set"

// load reads one setting into c.
func (env Env) load(s Setting, c *Config) LoadedSetting {
	g := LoadedSetting{Setting: s}
	value, source, err := env.value(s)
	g.Source = source
	switch {
	case err != nil:
		g.Wrong = err
		return g
	case value == "" && s.Required:
		g.Wrong = &SettingError{Name: s.Name, Problem: unset + "; @BotFather gives you one"}
		return g
	}
	if err := s.set(c, value); err != nil {
		g.Wrong = &SettingError{s.Name, err.Error(), s.Example}
		if _, ok := errors.AsType[choices](err); ok {
			g.Wrong.Example = ""
		}
		return g
	}
	g.value = value
	c.HTTPAsked = c.HTTPAsked || s.Name == "HTTP_ADDR" && source == fromEnvironment
	return g
}

// value returns a setting's text and where it is from. An empty variable is as
// good as none, since compose files make empty ones. A secret may come from a
// file instead.
func (env Env) value(s Setting) (value, source string, wrong *SettingError) {
	value, _ = env.Lookup(s.Name)
	value = strings.TrimSpace(value)
	if s.Secret {
		name := s.Name + "_FILE"
		if file, _ := env.Lookup(name); file != "" {
			if value != "" {
				return "", fromEnvironment, &SettingError{Name: name, Problem: "is set, and " + s.Name + " too: which of them is meant?"}
			}
			value, wrong = env.read(name, file)
			return value, "file " + printable(file), wrong
		}
	}
	switch {
	case value != "":
		return value, fromEnvironment, nil
	case s.Default != "":
		return s.Default, fromDefault, nil
	default:
		return "", notSet, nil
	}
}

// read returns the secret that a file holds.
func (env Env) read(name, file string) (string, *SettingError) {
	text, err := env.ReadFile(file)
	if err != nil {
		return "", &SettingError{Name: name, Problem: fmt.Sprintf("cannot be read: %v", err)}
	}
	value := strings.TrimSpace(string(text))
	if value == "" {
		return "", &SettingError{Name: name, Problem: "is an empty file"}
	}
	return value, nil
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
	if p.Everybody {
		return "everybody"
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

// attrs are the settings for the line of the log that a run begins with.
func (c Config) attrs() slog.Attr {
	var all []any
	for _, g := range c.Settings {
		all = append(all, slog.Any(g.Name, g))
	}
	return slog.Group("settings", all...)
}

// ourPrefixes are what hardly any variable begins with that is not meant for us.
var ourPrefixes = []string{"TELEGRAM_", "KITE_", "WEBHOOK_", "ALLOWED_"}

// shorthand is what people call a setting that has a longer name. Names are as
// [plain] has them.
var shorthand = map[string]string{
	"BOTTOKEN": "TELEGRAM_BOT_TOKEN", "TGTOKEN": "TELEGRAM_BOT_TOKEN", "TGBOTTOKEN": "TELEGRAM_BOT_TOKEN", "BOTTOKENFILE": "TELEGRAM_BOT_TOKEN_FILE",
	"MCPURL": "KITE_MCP_URL", "ALLOWED": "ALLOWED_USERS", "ADMINS": "ADMIN_USERS", "ADMINID": "ADMIN_USERS", "ADMINIDS": "ADMIN_USERS",
	"WEBHOOK": "WEBHOOK_URL", "OAUTHCALLBACK": "OAUTH_CALLBACK_URL", "HTTPADDRESS": "HTTP_ADDR",
}

// typable are the names that an operator may have typed.
var typable = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// linked are the variables that a cluster sets about a service called, say,
// "store". No operator typed them.
var linked = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)

// unknownVars returns a line for each variable that looks like a setting and is none:
// a misspelt ADMIN_USERS or STORE_KEY would otherwise go unnoticed until it is missed.
func (env Env) unknownVars() []string {
	if env.Names == nil {
		return nil
	}
	known := settingNames()
	var lines []string
	for _, name := range slices.Sorted(slices.Values(env.Names())) {
		if value, _ := env.Lookup(name); value == "" || slices.Contains(known, name) || !typable.MatchString(name) || linked.MatchString(name) {
			continue
		}
		if line := unknownVar(name, known); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// settingNames are all variables that are read.
func settingNames() []string {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
		if s.Secret {
			names = append(names, s.Name+"_FILE")
		}
	}
	return names
}

// farthestTypo is how many slips a name of our own kind may have.
const farthestTypo = 4

// unknownVar says that a name is no setting, if it looks like one.
func unknownVar(name string, known []string) string {
	if of, found := strings.CutSuffix(name, "_FILE"); found && slices.Contains(known, of) {
		return fmt.Sprintf("%s is not a setting: only a secret can come from a file; did you mean %s?", name, of)
	}
	meant, slips := nearest(plain(name), known)
	ours := slices.ContainsFunc(ourPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	switch {
	case slips <= bearable(name), ours && slips <= farthestTypo:
		return fmt.Sprintf("%s is not a setting; did you mean %s?", name, meant)
	case ours:
		return name + " is not a setting"
	default:
		return ""
	}
}

// bearable is how many slips a name may have and still not be another program's: two
// in a long one, one in a short one.
func bearable(name string) int {
	if len(plain(name)) >= 12 {
		return 2
	}
	return 1
}

// plain is a name without what is easily left out or mistaken.
func plain(name string) string { return strings.ReplaceAll(strings.ToUpper(name), "_", "") }

// nearest returns the setting that a plain name has the fewest slips from.
func nearest(name string, known []string) (meant string, slips int) {
	if long, ok := shorthand[name]; ok {
		return long, 0
	}
	slipsTo := func(k string) int { return command.EditDistance(name, plain(k)) }
	meant = slices.MinFunc(known, func(a, b string) int { return cmp.Compare(slipsTo(a), slipsTo(b)) })
	return meant, slipsTo(meant)
}
