package dialog_test

import (
	"testing"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

// The settings are a list of package command, so the command is what is shown here.
func TestSettingsGolden(t *testing.T) {
	goldens(t, map[string]view.Message{
		"settings":         settings(t, ""),
		"settings_changed": settings(t, "tables native", "amounts hide", "warnings off"),
		"settings_usage":   settings(t, "amounts hide", "colour blue"),
		"hide":             dialog.Hidden(),
		"show":             dialog.Shown(),
	})
}

// settings is what one person gets for the last of several /settings.
func settings(t *testing.T, typed ...string) (m view.Message) {
	t.Helper()
	c, _ := command.All().Find("settings")
	r := &command.Request{Account: account.New(&account.Backend{Prefs: bottest.NewMemStore()}, 11)}
	for _, r.Args = range typed {
		reply, err := c.Run(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		m = *reply.Message
	}
	return m
}
