package dialog

import (
	"strings"

	"kitebot/internal/bot/view"
)

// Setting is what a person can choose with /settings.
type Setting struct {
	Name        string // "tables", as it is typed
	Explanation string
	Choices     []Choice
}

// Choice is one of the values of a setting.
type Choice struct {
	Word  string // "text", as it is typed
	State string // as the first line says it: "as text"
	Holds bool
}

// Settings renders the choices, each with its button; what holds is marked.
func Settings(settings []Setting) view.Message {
	var states, explanations []string
	var buttons [][]view.Button
	for _, s := range settings {
		var row []view.Button
		for _, c := range s.Choices {
			button := view.Press(view.Capital(s.Name)+": "+c.Word, "settings:"+s.Name+":"+c.Word)
			if c.Holds {
				button.Text = "• " + button.Text
				states = append(states, s.Name+" "+c.State)
			}
			row = append(row, button)
		}
		explanations = append(explanations, "\n\n<b>"+view.Capital(s.Name)+":</b> "+s.Explanation)
		buttons = append(buttons, row)
	}
	return view.Message{HTML: "<b>" + view.Capital(strings.Join(states, " · ")) + "</b>" + strings.Join(explanations, ""), Buttons: buttons}
}

// SettingsUsage answers a choice that does not exist.
func SettingsUsage(settings []Setting) view.Message {
	m := Settings(settings)
	m.HTML = "<b>I do not know that setting.</b>\nThe settings are:"
	for _, s := range settings {
		var words []string
		for _, c := range s.Choices {
			words = append(words, c.Word)
		}
		m.HTML += "\n<code>/settings " + s.Name + " " + strings.Join(words, "</code> or <code>") + "</code>"
	}
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
