package command

import (
	"context"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

// setting is what a person can choose with /settings.
type setting struct {
	name        string // "tables", as it is typed
	explanation string
	choices     []choice // the first one holds until the person chooses
}

// choice is one of the values of a setting.
type choice struct {
	word  string // "text", as it is typed
	state string // as the first line of /settings says it: "as text"
	holds func(p account.Prefs) bool
	set   func(p *account.Prefs)
}

// settings is the list of settings, in the order of /settings.
func settings() []setting {
	return []setting{
		{"tables", "text looks the same everywhere. Native tables look better but need a recent Telegram app.", []choice{
			{"text", "as text", func(p account.Prefs) bool { return !p.Native }, func(p *account.Prefs) { p.Native = false }},
			{"native", "native", func(p account.Prefs) bool { return p.Native }, func(p *account.Prefs) { p.Native = true }},
		}},
		{"amounts", "while hidden, I show percentages but no rupees and no quantities of yours.", []choice{
			{"show", "shown", func(p account.Prefs) bool { return !p.Hide }, func(p *account.Prefs) { p.Hide = false }},
			{"hide", "hidden", func(p account.Prefs) bool { return p.Hide }, func(p *account.Prefs) { p.Hide = true }},
		}},
		{"warnings", "on days you use me, I remind you 30 minutes before your login ends.", []choice{
			{"on", "on", func(p account.Prefs) bool { return !p.NoWarning }, func(p *account.Prefs) { p.NoWarning = false }},
			{"off", "off", func(p account.Prefs) bool { return p.NoWarning }, func(p *account.Prefs) { p.NoWarning = true }},
		}},
	}
}

// settingsOf is the list of settings with what holds for a person.
func settingsOf(p account.Prefs) (all []dialog.Setting) {
	for _, s := range settings() {
		shown := dialog.Setting{Name: s.name, Explanation: s.explanation}
		for _, c := range s.choices {
			shown.Choices = append(shown.Choices, dialog.Choice{Word: c.word, State: c.state, Holds: c.holds(p)})
		}
		all = append(all, shown)
	}
	return all
}

// changedSetting reports whether a person has chosen anything of /settings.
func changedSetting(p account.Prefs) bool {
	return slices.ContainsFunc(settings(), func(s setting) bool { return !s.choices[0].holds(p) })
}

func settingsCommand() Command {
	actions := map[string]Action{"nowarning": {Ack: "Changed", Run: noMoreWarnings}}
	for _, s := range settings() {
		actions[s.name] = Action{Ack: "Changed", Run: pressSetting(s.name)}
	}
	return Command{
		Name: "settings", Usage: "/settings", Summary: "tables, amounts and warnings as you like them",
		Run:     func(_ context.Context, r *Request) (Reply, error) { return changeSetting(r, r.Args, Say) },
		Actions: actions,
	}
}

func pressSetting(which string) Handler {
	return func(_ context.Context, r *Request) (Reply, error) { return changeSetting(r, which+" "+r.Args, inPlace) }
}

// noMoreWarnings is the button of a warning: it stays with the login that the
// warning was about.
func noMoreWarnings(_ context.Context, r *Request) (Reply, error) {
	if err := r.Change(func(p *account.Prefs) { p.NoWarning = true }); err != nil {
		return Reply{}, err
	}
	s, err := r.Account.Status()
	if err != nil || !r.Now.Before(s.Until) {
		s.Until = time.Time{}
	}
	return inPlace(dialog.NoMoreWarnings(s.Until)), nil
}

// changeSetting makes a choice and shows what holds; without one it only shows.
func changeSetting(r *Request, typed string, as func(view.Message) Reply) (Reply, error) {
	change := typedChoice(typed)
	if change == nil {
		return as(dialog.SettingsUsage(settingsOf(r.Prefs))), nil
	}
	if err := r.Change(change); err != nil {
		return Reply{}, err
	}
	return as(dialog.Settings(settingsOf(r.Prefs))), nil
}

// typedChoice is what a choice such as "tables native" changes; nil where it is none.
func typedChoice(typed string) func(*account.Prefs) {
	typed = strings.ToLower(strings.Join(strings.Fields(typed), " "))
	if typed == "" {
		return func(*account.Prefs) {}
	}
	for _, s := range settings() {
		for _, c := range s.choices {
			if typed == s.name+" "+c.word {
				return c.set
			}
		}
	}
	return nil
}

func hideCommand() Command {
	return Command{Name: "hide", Usage: "/hide", Summary: "hide amounts: percentages only", Shows: "settings", Run: func(_ context.Context, r *Request) (Reply, error) {
		return Say(dialog.Hidden()), r.Change(func(p *account.Prefs) { p.Hide = true })
	}}
}

func showCommand() Command {
	return Command{Name: "show", Usage: "/show", Summary: "show amounts again", Shows: "settings", Run: func(_ context.Context, r *Request) (Reply, error) {
		return Say(dialog.Shown()), r.Change(func(p *account.Prefs) { p.Hide = false })
	}}
}
