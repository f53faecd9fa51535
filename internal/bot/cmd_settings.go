package bot

import (
	"context"
	"strings"

	"kitebot/internal/bot/view"
)

func settingsCommand() Command {
	return Command{
		Name: "settings", Usage: "/settings", Summary: "tables as text or native; amounts shown or hidden",
		Run: func(_ context.Context, r *Request) (Reply, error) { return changeSetting(r, r.Args, say) },
		Actions: map[string]Action{
			"tables": {Ack: "Changed", Run: func(_ context.Context, r *Request) (Reply, error) { return changeSetting(r, "tables "+r.Args, inPlace) }},
			"amounts": {Ack: "Changed", Run: func(_ context.Context, r *Request) (Reply, error) {
				return changeSetting(r, "amounts "+r.Args, inPlace)
			}},
		},
	}
}

// changeSetting makes a choice and shows what holds; without one it only shows.
func changeSetting(r *Request, choice string, as func(view.Message) Reply) (Reply, error) {
	change := map[string]func(*Prefs){
		"":              func(*Prefs) {},
		"tables text":   func(p *Prefs) { p.Native = false },
		"tables native": func(p *Prefs) { p.Native = true },
		"amounts show":  func(p *Prefs) { p.Hide = false },
		"amounts hide":  func(p *Prefs) { p.Hide = true },
	}[strings.ToLower(strings.Join(strings.Fields(choice), " "))]
	if change == nil {
		return as(view.SettingsUsage(view.SettingsView{Native: r.Prefs.Native, Hide: r.Prefs.Hide})), nil
	}
	if err := r.Change(change); err != nil {
		return Reply{}, err
	}
	return as(view.Settings(view.SettingsView{Native: r.Prefs.Native, Hide: r.Prefs.Hide})), nil
}

func hideCommand() Command {
	return Command{Name: "hide", Usage: "/hide", Summary: "percentages only, no amounts", Run: func(_ context.Context, r *Request) (Reply, error) {
		return say(view.Hidden()), r.Change(func(p *Prefs) { p.Hide = true })
	}}
}

func showCommand() Command {
	return Command{Name: "show", Usage: "/show", Summary: "amounts again", Run: func(_ context.Context, r *Request) (Reply, error) {
		return say(view.Shown()), r.Change(func(p *Prefs) { p.Hide = false })
	}}
}
