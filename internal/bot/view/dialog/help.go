package dialog

import (
	"fmt"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite/symbol"
)

// CommandLine is one command as /help lists it.
type CommandLine struct{ Usage, Summary string }

// Help lists the commands.
func Help(commands []CommandLine) view.Message {
	var b strings.Builder
	b.WriteString("<b>What I can do</b>\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "\n%s – %s", view.Escape(c.Usage), view.Escape(c.Summary))
	}
	b.WriteString("\n\nWithout a slash it works too: <code>holdings</code>, <code>orders open</code>, <code>infy</code>, <code>infy, tcs</code>, <code>infy 1Y</code>.")
	b.WriteString("\n\nFigures are Zerodha’s, read at the moment you ask. " + AtYourOwnRisk + " Not affiliated with Zerodha; nothing here is advice.")
	return view.Text(b.String())
}

// UnknownCommand answers a command that does not exist, with a button for the one
// that may be meant, "" for none, and what went along with it.
func UnknownCommand(name, meant, args string) view.Message {
	m := view.Text(fmt.Sprintf("I do not know /%s. /help lists what I can do.", view.Escape(view.Cut(name, 32))))
	if meant == "" {
		return m
	}
	text, data := "/"+meant, meant+":again:"
	args = strings.Join(strings.Fields(view.Clean(args)), " ")
	if args != "" && len(data+args) <= view.MaxButtonData {
		text, data = text+" "+args, data+args
	}
	m.Buttons = [][]view.Button{{{Text: text, Data: data}}}
	return m
}

// NotACommand answers talk. Of a number it asks whether it is a symbol, rather than
// look it up: people mistype their one-time codes into chats.
func NotACommand(typed string) view.Message {
	m := view.Text("I answer commands and symbols, for example /portfolio or infy. /help shows everything.")
	if code := strings.TrimSpace(typed); symbol.IsBSECode(code) {
		m.HTML = "If that is the number of a share at BSE, I can look it up."
		m.Buttons = [][]view.Button{{{Text: "Look up " + code, Data: "quote:again:" + code}}}
	}
	return m
}

// NotText answers a message that is not text, or was changed after it was answered.
func NotText(edited bool) view.Message {
	if edited {
		return view.Text("I do not read edited messages. Please send it as a new one.")
	}
	return view.Text("I read text only, for example /portfolio or infy. /help shows everything.")
}

// OldButton answers a button of an older version of the bot.
func OldButton() view.Message {
	return view.Text("That button is from an older message and does nothing any more. /help lists what I can do.")
}

// NotLetIn answers a person whom no operator has let in.
func NotLetIn(id int64) view.Message {
	number := fmt.Sprint(id)
	return view.Text(fmt.Sprintf("<b>This bot is private.</b>\nYour Telegram number is <code>%s</code>.\n\nYou are on the list of those who asked, and the person who runs this bot can let you in. If you know them, send them that number. /forget takes you off the list.", number), view.Button{Text: "Copy my number", Copy: number})
}

// NoOperatorYet answers the first to write to a bot that lets in no one: most likely it
// is theirs.
func NoOperatorYet(id int64) view.Message {
	return view.Text(fmt.Sprintf("<b>No one is let in yet.</b>\nYour Telegram number is <code>%d</code>.\n\nIs this your bot? Start it again with <code>ADMIN_USERS=%[1]d</code>: then you can use it, and /admin lets in others.", id), view.Button{Text: "Copy the setting", Copy: fmt.Sprintf("ADMIN_USERS=%d", id)})
}

// GroupOnly answers a command in a group: only by pointing to the private chat.
func GroupOnly(username string) view.Message {
	return view.Text("I talk about money in a private chat only.", view.Button{Text: "Open the private chat", URL: "https://t.me/" + username + "?start=group"})
}

// TooFast answers a person who sends too much.
func TooFast() view.Message {
	return view.Text("That is a lot at once. Give me a moment, then ask again; I did not act on your last message.")
}

// Busy answers a person whose mailbox is full, once until there is room again.
func Busy() view.Message {
	return view.Text("I am still working on what you asked before and have no room for more: please send this again in a moment.")
}
