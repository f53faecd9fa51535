package view_test

import (
	"testing"

	"kitebot/internal/bot/view"
)

func TestSettingsGolden(t *testing.T) {
	for name, m := range map[string]view.Message{
		"settings":         view.Settings(view.SettingsView{}),
		"settings_changed": view.Settings(view.SettingsView{Native: true, Hide: true, NoWarning: true}),
		"settings_usage":   view.SettingsUsage(view.SettingsView{Hide: true}),
		"hide":             view.Hidden(),
		"show":             view.Shown(),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, m) })
	}
}
