package app

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

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
