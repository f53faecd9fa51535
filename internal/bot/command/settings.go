package command

import (
	"context"
	"strings"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

func settingsCommand() Command {
	return Command{
		Name: "settings", Usage: "/settings", Summary: "tables, amounts and warnings as you like them",
		Run: func(_ context.Context, r *Request) (Reply, error) { return changeSetting(r, r.Args, Say) },
		Actions: map[string]Action{
			"tables":    {Ack: "Changed", Run: pressSetting("tables")},
			"amounts":   {Ack: "Changed", Run: pressSetting("amounts")},
			"warnings":  {Ack: "Changed", Run: pressSetting("warnings")},
			"nowarning": {Ack: "Changed", Run: noMoreWarnings},
		},
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
func changeSetting(r *Request, choice string, as func(view.Message) Reply) (Reply, error) {
	change := map[string]func(*account.Prefs){
		"":              func(*account.Prefs) {},
		"tables text":   func(p *account.Prefs) { p.Native = false },
		"tables native": func(p *account.Prefs) { p.Native = true },
		"amounts show":  func(p *account.Prefs) { p.Hide = false },
		"amounts hide":  func(p *account.Prefs) { p.Hide = true },
		"warnings on":   func(p *account.Prefs) { p.NoWarning = false },
		"warnings off":  func(p *account.Prefs) { p.NoWarning = true },
	}[strings.ToLower(strings.Join(strings.Fields(choice), " "))]
	if change == nil {
		return as(dialog.SettingsUsage(settingsOf(r.Prefs))), nil
	}
	if err := r.Change(change); err != nil {
		return Reply{}, err
	}
	return as(dialog.Settings(settingsOf(r.Prefs))), nil
}

func settingsOf(p account.Prefs) dialog.SettingsView {
	return dialog.SettingsView{Native: p.Native, Hide: p.Hide, NoWarning: p.NoWarning}
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
