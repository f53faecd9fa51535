package dialog

import (
	"kitebot/internal/bot/view"
)

// SettingsView is what a person has chosen.
type SettingsView struct {
	Native    bool // native tables
	Hide      bool // privacy mode
	NoWarning bool // no warning before a login ends
}

// Settings renders the choices, each with its buttons; what holds is marked.
func Settings(v SettingsView) view.Message {
	tables, amounts, warnings := "as text", "shown", "on"
	if v.Native {
		tables = "native"
	}
	if v.Hide {
		amounts = "hidden"
	}
	if v.NoWarning {
		warnings = "off"
	}
	return view.Message{
		HTML: "<b>Tables " + tables + " · amounts " + amounts + " · warnings " + warnings + "</b>\n\n" +
			"<b>Tables:</b> text looks the same everywhere. Native tables look better but need a recent Telegram app.\n\n" +
			"<b>Amounts:</b> while hidden, I show percentages but no rupees and no quantities of yours.\n\n" +
			"<b>Warnings:</b> on days you use me, I remind you 30 minutes before your login ends.",
		Buttons: [][]view.Button{
			{choice("Tables: text", "settings:tables:text", !v.Native), choice("Tables: native", "settings:tables:native", v.Native)},
			{choice("Amounts: show", "settings:amounts:show", !v.Hide), choice("Amounts: hide", "settings:amounts:hide", v.Hide)},
			{choice("Warnings: on", "settings:warnings:on", !v.NoWarning), choice("Warnings: off", "settings:warnings:off", v.NoWarning)},
		},
	}
}

// choice is a button of one of several choices; the one that holds is marked.
func choice(text, data string, active bool) view.Button {
	if active {
		text = "• " + text
	}
	return view.Button{Text: text, Data: data}
}

// SettingsUsage answers a choice that does not exist.
func SettingsUsage(v SettingsView) view.Message {
	m := Settings(v)
	m.HTML = "<b>I do not know that setting.</b>\nThere are three:\n<code>/settings tables text</code> or <code>native</code>\n<code>/settings amounts show</code> or <code>hide</code>\n<code>/settings warnings on</code> or <code>off</code>"
	return m
}

// Hidden answers /hide.
func Hidden() view.Message {
	return view.Text("<b>Amounts are hidden.</b>\nFrom now on I show percentages and shares of the whole, but no rupees and no quantities of yours, in messages, pictures and files. "+
		"What I sent before stays as it is: refresh or delete it.\n\n/show brings the amounts back.", view.Press("Portfolio", "portfolio:run"), view.Press("Show amounts", "show:run"))
}

// Shown answers /show.
func Shown() view.Message {
	return view.Text("<b>Amounts are shown again.</b>\n/hide hides them.", view.Press("Portfolio", "portfolio:run"), view.Press("Hide amounts", "hide:run"))
}
