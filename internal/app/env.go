package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"kitebot/internal/bot/command"
)

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

// ourPrefixes are what hardly any variable begins with that is not meant for us.
var ourPrefixes = []string{"TELEGRAM_", "KITE_", "WEBHOOK_", "ALLOWED_"}

// alternativeNames is what people call a setting that has a longer name. Names are as
// [plainName] has them.
var alternativeNames = map[string]string{
	"BOTTOKEN": "TELEGRAM_BOT_TOKEN", "TGTOKEN": "TELEGRAM_BOT_TOKEN", "TGBOTTOKEN": "TELEGRAM_BOT_TOKEN", "BOTTOKENFILE": "TELEGRAM_BOT_TOKEN_FILE",
	"MCPURL": "KITE_MCP_URL", "ALLOWED": "ALLOWED_USERS", "ADMINS": "ADMIN_USERS", "ADMINID": "ADMIN_USERS", "ADMINIDS": "ADMIN_USERS",
	"WEBHOOK": "WEBHOOK_URL", "OAUTHCALLBACK": "OAUTH_CALLBACK_URL", "HTTPADDRESS": "HTTP_ADDR",
}

// typedName are the names that an operator may have typed.
var typedName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// clusterVar are the variables that a cluster sets about a service called, say,
// "store". No operator typed them.
var clusterVar = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)

// unknownVars returns a line for each variable that looks like a setting and is none:
// a misspelt ADMIN_USERS or STORE_KEY would otherwise go unnoticed until it is missed.
func (env Env) unknownVars() []string {
	if env.Names == nil {
		return nil
	}
	known := settingNames()
	var lines []string
	for _, name := range slices.Sorted(slices.Values(env.Names())) {
		if value, _ := env.Lookup(name); value == "" || slices.Contains(known, name) || !typedName.MatchString(name) || clusterVar.MatchString(name) {
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
	meant, slips := nearest(plainName(name), known)
	ours := slices.ContainsFunc(ourPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	switch {
	case slips <= allowedSlips(name), ours && slips <= farthestTypo:
		return fmt.Sprintf("%s is not a setting; did you mean %s?", name, meant)
	case ours:
		return name + " is not a setting"
	default:
		return ""
	}
}

// allowedSlips is how many slips a name may have and still not be another program's: two
// in a long one, one in a short one.
func allowedSlips(name string) int {
	if len(plainName(name)) >= 12 {
		return 2
	}
	return 1
}

// plainName is a name without what is easily left out or mistaken.
func plainName(name string) string { return strings.ReplaceAll(strings.ToUpper(name), "_", "") }

// nearest returns the setting that a plain name has the fewest slips from.
func nearest(name string, known []string) (meant string, slips int) {
	if long, ok := alternativeNames[name]; ok {
		return long, 0
	}
	slipsTo := func(k string) int { return command.EditDistance(name, plainName(k)) }
	meant = slices.MinFunc(known, func(a, b string) int { return cmp.Compare(slipsTo(a), slipsTo(b)) })
	return meant, slipsTo(meant)
}
