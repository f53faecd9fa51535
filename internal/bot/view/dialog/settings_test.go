package dialog_test

import (
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

func TestSettingsGolden(t *testing.T) {
	goldens(t, map[string]view.Message{
		"settings":         dialog.Settings(dialog.SettingsView{}),
		"settings_changed": dialog.Settings(dialog.SettingsView{Native: true, Hide: true, NoWarning: true}),
		"settings_usage":   dialog.SettingsUsage(dialog.SettingsView{Hide: true}),
		"hide":             dialog.Hidden(),
		"show":             dialog.Shown(),
	})
}
