package view

import (
	"fmt"
	"html"
)

// CarriedOut says that a command has run in an earlier process, whose answer may
// not have arrived; look is the command that shows what came of it.
func CarriedOut(command, look string) Message {
	return Message{HTML: fmt.Sprintf("I carried out /%s, but was restarted before I could say so. /%s shows how things stand.", html.EscapeString(command), html.EscapeString(look))}
}

// GivenUp says that a command is not tried any more; command is "" for what was
// none. It may have been answered at the last moment.
func GivenUp(command string) Message {
	what := "what you sent"
	if command != "" {
		what = "/" + html.EscapeString(command)
	}
	return Message{HTML: "<b>Sorry, I was restarted twice while I worked on " + what + ".</b>\nIf there is no answer to it above, please send it again. If that fails too, tell the person who runs this bot."}
}
