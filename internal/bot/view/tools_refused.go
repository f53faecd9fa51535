package view

import (
	"fmt"
	"strings"

	"kitebot/internal/kite"
)

// ToolRefused says why a tool call that was typed is not made, and how to type
// one that is.
func ToolRefused(e *kite.CallError) Message {
	name := "<b>" + escape(cut(clean(e.Name), 40)) + "</b>"
	switch e.Problem {
	case kite.CallLogin:
		return Message{
			HTML:    "<b>I do not call login here.</b>\nCalled at the wrong moment, it ends your login. /login does it the safe way.",
			Buttons: [][]Button{{{Text: "Log in", Data: "login:run", Style: Primary}}},
		}
	case kite.CallLogout:
		return Message{HTML: "<b>I do not end a login here.</b>\n/logout does, and forgets it too."}
	case kite.CallWrites:
		return Message{HTML: name + " can change your account. I only read, so I do not call it.\n/tools lists what I can ask."}
	case kite.CallUnknown:
		return Message{HTML: "I do not know " + name + ", so I cannot tell whether it only reads, and do not call it.\n/tools lists what I can ask."}
	case kite.CallEmpty:
		return Message{HTML: "<b>Which tool?</b>\nWrite it after the command, with what it takes:\n<code>/tool get_ltp instruments=NSE:INFY</code>\n\n/tools lists them."}
	default:
		return Message{HTML: fmt.Sprintf("<b>%s</b>\nFor example:\n<code>%s</code>", argProblem(e), escape(toolExample(e.Tool)))}
	}
}

// argProblem says what is wrong with an argument.
func argProblem(e *kite.CallError) string {
	tool, arg, value := escape(e.Tool.Name), escape(e.Arg.Name), escape(oneLine(e.Value, 40))
	switch e.Problem {
	case kite.CallNoSuchArg:
		return fmt.Sprintf("%s takes no “%s”", tool, value)
	case kite.CallTwice:
		return fmt.Sprintf("%s is given twice", value)
	case kite.CallMissing:
		return fmt.Sprintf("%s needs %s", tool, arg)
	case kite.CallBadNumber:
		return fmt.Sprintf("%s has to be a whole number, not “%s”", arg, value)
	case kite.CallTooShort:
		return fmt.Sprintf("%s needs %d letters at least, not “%s”", arg, e.Arg.Least, value)
	case kite.CallBadTruth:
		return fmt.Sprintf("%s has to be yes or no, not “%s”", arg, value)
	default:
		return fmt.Sprintf("%s has to be one of %s, not “%s”", arg, escape(strings.Join(e.Arg.Choices, ", ")), value)
	}
}

// toolExample is a call with all that is required, and with one more when
// nothing is.
func toolExample(t kite.Tool) string {
	words := []string{"/tool", t.Name}
	for _, a := range t.Args {
		if a.Required {
			words = append(words, a.Name+"="+a.Example)
		}
	}
	if len(words) == 2 && len(t.Args) > 0 {
		last := t.Args[len(t.Args)-1]
		words = append(words, last.Name+"="+last.Example)
	}
	return strings.Join(words, " ")
}

// ToolHidden refuses a tool of the account in privacy mode, since its answer is
// shown as it came, amounts and all.
func ToolHidden(tool string) Message {
	return Message{
		HTML: fmt.Sprintf("<b>Amounts are hidden.</b>\n%s answers with figures of your account as they are, so I do not ask it now. /show first, then ask again. "+
			"Tools of the market work as always.", escape(cut(clean(tool), 40))),
		Buttons: [][]Button{{{Text: "Show amounts", Data: "show:run"}}},
	}
}
