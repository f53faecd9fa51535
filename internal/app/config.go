// Package app wires the rooms: it reads the settings and runs the bot.
package app

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"kitebot/internal/bot"
)

// Config is the bot's settings, checked. See [Settings] for what each means.
type Config struct {
	Token      string
	APIURL     string
	KiteURL    string
	LoginHosts []string
	Allowed    People
	Admins     People
	StorePath  string
	StoreKey   []byte // nil: made on the first start, beside the store
	OldKey     []byte // the key that StoreKey follows; nil for none
	HTTPAddr   string // "" for none
	HTTPAsked  bool   // HTTPAddr was asked for: unless it can be had, the start ends
	Rate       bot.Rate
	LogLevel   slog.Level
	LogJSON    *bool // nil: text on a terminal, else JSON
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

// Env is where settings come from; os.LookupEnv and os.ReadFile outside of tests.
type Env struct {
	Lookup   func(name string) (string, bool)
	ReadFile func(name string) ([]byte, error)
}

// OSEnv is the process's environment.
func OSEnv() Env { return Env{Lookup: os.LookupEnv, ReadFile: os.ReadFile} }

// Load reads the settings, all of them or only the named ones: what is not read
// cannot be wrong, and stays zero. The first bad one ends it, with a
// *SettingError.
func Load(env Env, only ...string) (Config, error) {
	var c Config
	for _, s := range Settings() {
		if len(only) > 0 && !slices.Contains(only, s.Name) {
			continue
		}
		value, err := env.value(s)
		if err != nil {
			return Config{}, err
		}
		if value == "" && s.Required {
			return Config{}, &SettingError{s.Name, "is not set", s.Example}
		}
		if given, _ := env.Lookup(s.Name); given != "" && s.Name == "HTTP_ADDR" {
			c.HTTPAsked = true
		}
		if err := s.set(&c, value); err != nil {
			return Config{}, &SettingError{s.Name, err.Error(), s.Example}
		}
	}
	return c, nil
}

// value returns a setting's text. An empty variable is as good as none, since
// compose files make empty ones. A secret may come from a file instead.
func (env Env) value(s Setting) (string, error) {
	value, _ := env.Lookup(s.Name)
	value = strings.TrimSpace(value)
	if s.Secret {
		name := s.Name + "_FILE"
		if file, _ := env.Lookup(name); file != "" {
			if value != "" {
				return "", &SettingError{Name: name, Problem: "is set, and " + s.Name + " too: which of them is meant?"}
			}
			text, err := env.ReadFile(file)
			if err != nil {
				return "", &SettingError{Name: name, Problem: fmt.Sprintf("cannot be read: %v", err)}
			}
			value = strings.TrimSpace(string(text))
			if value == "" {
				return "", &SettingError{Name: name, Problem: "is an empty file"}
			}
		}
	}
	if value == "" {
		value = s.Default
	}
	return value, nil
}
