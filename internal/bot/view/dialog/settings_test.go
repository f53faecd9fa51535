package dialog_test

import (
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

func TestSettingsGolden(t *testing.T) {
	for name, m := range map[string]view.Message{
		"settings":         dialog.Settings(dialog.SettingsView{}),
		"settings_changed": dialog.Settings(dialog.SettingsView{Native: true, Hide: true, NoWarning: true}),
		"settings_usage":   dialog.SettingsUsage(dialog.SettingsView{Hide: true}),
		"hide":             dialog.Hidden(),
		"show":             dialog.Shown(),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, m) })
	}
}
