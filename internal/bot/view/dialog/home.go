package dialog

import (
	"fmt"
	"strings"

	"kitebot/internal/bot/view"
)

// Welcome answers /start.
func Welcome(firstName string, loggedIn bool) view.Message {
	m := view.Text(fmt.Sprintf("<b>Hello%s!</b>\nI show your Zerodha Kite account here: what it is worth, the day’s change, orders, funds, prices and charts.\n\n"+
		"I only read; I cannot place orders. You log in on Zerodha’s own page, so no password ever passes through me.\n\n"+
		"/help lists what I can do. Not affiliated with Zerodha; nothing here is advice.", greeting(firstName)))
	if loggedIn {
		m.Buttons = Home()
	} else {
		m.Buttons = [][]view.Button{{logIn("Log in")}}
	}
	return m
}

func greeting(name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return ""
	}
	return ", " + view.Escape(view.Cut(name, 32))
}

// AtYourOwnRisk is Zerodha's warning of programs such as this one.
const AtYourOwnRisk = "Third-party tools can be wrong: use them at your own risk. This bot only reads; it cannot place orders."

// Home are the buttons of what people use most.
func Home() [][]view.Button {
	return [][]view.Button{
		{{Text: "Portfolio", Data: "portfolio:run", Style: view.Primary}, {Text: "Holdings", Data: "holdings:run"}},
		{{Text: "Positions", Data: "positions:run"}, {Text: "Orders", Data: "orders:run"}, {Text: "Funds", Data: "funds:run"}},
		{{Text: "Watch list", Data: "watch:run"}, {Text: "Settings", Data: "settings:run"}, {Text: "Help", Data: "help:run"}},
	}
}

// logIn is the button that begins a login.
func logIn(text string) view.Button {
	return view.Button{Text: text, Data: "login:run", Style: view.Primary}
}
