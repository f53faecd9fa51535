package dialog

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
)

// KiteAway tells an operator that people are not answered. The cause is a word or
// two to look into it by.
func KiteAway(since, now time.Time, cause string) view.Message {
	what := fmt.Sprintf("Kite has not answered since %s IST (%s).", moment(since, now), view.Safe(view.Cut(cause, 32)))
	if cause == "errors" {
		what = fmt.Sprintf("Kite has answered with errors since %s IST.", moment(since, now))
	}
	return view.Text("<b>"+what+"</b>\nPeople who ask are told so, and their logins are kept. I write again when Kite is back.", overviewButton())
}

// KiteBack tells an operator that it is over.
func KiteBack(since time.Time, lasted time.Duration) view.Message {
	return view.Text(fmt.Sprintf("<b>Kite is back.</b>\nIt was away for %s, since %s IST.", roughDuration(lasted), moment(since, since.Add(lasted))), overviewButton())
}

// KiteFlaps tells an operator that no more notices of it follow.
func KiteFlaps() view.Message {
	return view.Text("<b>Kite keeps going away and coming back.</b>\nI send no more notices about it for now; /admin shows the state.", overviewButton())
}

func overviewButton() view.Button { return view.Press("Overview", "admin:all") }

// AsksToBeLetIn tells an operator that a person asks to be let in.
func AsksToBeLetIn(person int64, name string) view.Message {
	number := strconv.FormatInt(person, 10)
	return view.Message{
		HTML: fmt.Sprintf("<b>%s asks to be let in.</b>\nTelegram number <code>%s</code>. A name can be made up: let in only a number that you know.", view.Safe(view.Cut(name, 32)), number),
		Buttons: [][]view.Button{{
			{Text: "Let in", Data: "admin:approve:" + number + ":1", Style: view.Primary},
			{Text: "Block", Data: "admin:block:" + number + ":1", Style: view.Danger},
		}},
	}
}

// ManyAskToBeLetIn tells an operator that no more notices of people follow.
func ManyAskToBeLetIn() view.Message {
	return view.Text("<b>More people ask to be let in.</b>\nI send no more notices about them for now; /admin people lists all who are waiting.", view.Press("People", "admin:page:1"))
}

// OpsView is the operator's bot at one glance.
type OpsView struct {
	Version    string // "" where it is not known
	Since      time.Time
	Now        time.Time
	Components []OpsComponent

	People, LoggedIn, Links int  // known; of them logged in; with a link that waits
	Incomplete              bool // the store did not tell of all people
	Waiting                 int  // people who asked to be let in
	Commands, Failed        int  // of the last hour
	Errors                  []OpsError
	NoNotices               bool // the operator is not written to without asking
}

// OpsComponent is how one part of the process is. Detail is for operators: no ids
// of people, no secrets.
type OpsComponent struct {
	Name    string
	Well    bool
	Serves  bool      // in spite of what is wrong
	Unknown bool      // it is not known how it is
	Since   time.Time // of what is wrong; zero where that is not known
	Detail  string    // what is wrong; of a part that is well or unknown, what is to be said of it
}

// OpsError is an answer that went wrong. It says nothing of who asked.
type OpsError struct {
	At      time.Time
	Ref     string
	Command string // "" for what was no command
	Outcome string // in the words of the log
	Took    time.Duration
	Text    string // the log's words; "" for none
}

// glanceErrors is how many errors the first page shows.
const glanceErrors = 3

// Ops renders the first page of operators.
func Ops(v OpsView) view.Message {
	var s view.Sheet
	s.Say("<b>" + v.headline() + "</b>")
	if v.Version != "" {
		s.Under(fmt.Sprintf("Version %s, up since %s (%s)", view.Safe(view.Cut(v.Version, 40)), view.DayTime(v.Since), roughDuration(v.Now.Sub(v.Since))))
	}
	var parts []string
	for _, c := range v.Components {
		parts = append(parts, c.line(v.Now))
	}
	s.Say(parts...)
	s.Say(v.counts()...)
	s.Say(v.latest()...)
	notices := "I write to you when Kite is away or back, and when people ask to be let in."
	toggle := view.Button{Text: "Do not write to me", Data: "admin:notices:off"}
	if v.NoNotices {
		notices = "I do not write to you unasked."
		toggle = view.Button{Text: "Write to me", Data: "admin:notices:on"}
	}
	s.Say(notices)
	s.Say("As of " + view.ClockSeconds(v.Now) + " IST")
	people := "People"
	if v.Waiting > 0 {
		people = fmt.Sprintf("People (waiting %d)", v.Waiting)
	}
	return s.Message(false, [][]view.Button{
		{{Text: people, Data: "admin:page:1"}, {Text: "Errors", Data: "admin:errors"}},
		{toggle, {Text: "Refresh", Data: "admin:all"}},
	})
}

func (v OpsView) headline() string {
	serves, well, known := true, true, true
	for _, c := range v.Components {
		well = well && (c.Well || c.Unknown)
		serves = serves && (c.Well || c.Unknown || c.Serves)
		known = known && !c.Unknown
	}
	switch {
	case !serves:
		return "🔴 Something is broken."
	case !well:
		return "🟡 It works, with trouble."
	case len(v.Components) == 0:
		return "The bot"
	case !known:
		return "🟢 No trouble is known."
	default:
		return "🟢 All is well."
	}
}

func (c OpsComponent) line(now time.Time) string {
	state := "ok"
	switch {
	case c.Unknown:
		return view.Safe(c.Name) + ": " + view.Safe(view.Cut(c.Detail, 66))
	case c.Well:
	case c.Serves:
		state = "<b>degraded</b>"
	default:
		state = "<b>not ready</b>"
	}
	line := view.Safe(c.Name) + ": " + state
	if c.Well && c.Detail != "" {
		return line + " · " + view.Safe(view.Cut(c.Detail, 66))
	}
	if c.Well {
		return line
	}
	if c.Detail != "" {
		line += ": " + view.Safe(view.Cut(c.Detail, 66))
	}
	if !c.Since.IsZero() {
		line += fmt.Sprintf(" (since %s)", moment(c.Since, now))
	}
	return line
}

func (v OpsView) counts() []string {
	logins := fmt.Sprintf("%d known · %d logged in · %s out", v.People, v.LoggedIn, view.Plural(v.Links, "link", "links"))
	if v.Incomplete {
		logins += " (some could not be read)"
	}
	lines := []string{"<b>People:</b> " + logins}
	if v.Waiting > 0 {
		lines = append(lines, fmt.Sprintf("<b>%d waiting to be let in</b>", v.Waiting))
	}
	failed := fmt.Sprintf("%d failed", v.Failed)
	if v.Failed > 0 {
		failed = "<b>" + failed + "</b>"
	}
	return append(lines, fmt.Sprintf("<b>Last hour:</b> %s · %s", view.Plural(v.Commands, "command", "commands"), failed))
}

func (v OpsView) latest() []string {
	if len(v.Errors) == 0 {
		return []string{"No errors since the start."}
	}
	lines := []string{"<b>Last errors</b>"}
	for _, e := range v.Errors[:min(glanceErrors, len(v.Errors))] {
		lines = append(lines, e.line(v.Now))
	}
	if more := len(v.Errors) - glanceErrors; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more under Errors", more))
	}
	return lines
}

// OpsErrors renders the last errors, the newest first.
func OpsErrors(errors []OpsError, now time.Time) view.Message {
	var s view.Sheet
	var buttons []view.Button
	if len(errors) == 0 {
		s.Say("<b>No errors since the start.</b>", "What goes wrong from now on is listed here, by the reference that people are shown.")
	} else {
		s.Say(fmt.Sprintf("<b>The last %s</b>", view.Plural(len(errors), "error", "errors")))
		var lines []string
		for _, e := range errors {
			lines = append(lines, e.line(now))
			buttons = append(buttons, view.Button{Text: view.ButtonText(e.Ref), Data: "admin:error:" + asData(e.Ref)})
		}
		s.Say(lines...)
		s.Say("A reference is what people are shown, and it is in the log, too. Times are IST. A restart empties this list.")
	}
	return s.Message(false, append(view.ButtonRows(buttons, 4), []view.Button{overviewButton(), view.Press("Refresh", "admin:errors")}))
}

// OpsOneError renders one error with the words of the log.
func OpsOneError(e OpsError) view.Message {
	var s view.Sheet
	s.Say("<b>Error "+view.Safe(e.Ref)+"</b>", fmt.Sprintf("%s:%s IST · %s", view.DayTime(e.At), e.At.Format("05"), e.asked()),
		fmt.Sprintf("%s (%s), after %s", view.Safe(e.words()), view.Safe(e.Outcome), e.Took.Round(10*time.Millisecond)))
	if e.Text != "" {
		s.Say("The log says:", "<code>"+view.Escape(view.CleanTo(e.Text, 600))+"</code>")
	}
	s.Say("The log has a line with ref=" + view.Safe(e.Ref) + ".")
	return s.Message(false, [][]view.Button{opsBack()})
}

// NoSuchError answers an operator who asks for an error that is not kept.
func NoSuchError(ref string) view.Message {
	return view.Text(fmt.Sprintf("<b>I do not know error %s.</b>\nI keep the last 20 since the start. Look for ref=%[1]s in the log.",
		view.Safe(view.Cut(strings.ToUpper(ref), 16))), opsBack()...)
}

func opsBack() []view.Button {
	return []view.Button{overviewButton(), view.Press("Errors", "admin:errors")}
}

func (e OpsError) line(now time.Time) string {
	return fmt.Sprintf("%s <code>%s</code> %s: %s", moment(e.At, now), view.Safe(view.Cut(e.Ref, 16)), e.asked(), view.Safe(e.words()))
}

func (e OpsError) asked() string {
	if e.Command == "" {
		return "no command"
	}
	return "/" + view.Safe(view.Cut(e.Command, 32))
}

// words say what went wrong, without the words of the log.
func (e OpsError) words() string {
	return cmp.Or(map[string]string{
		"failed": "Kite failed, without a reason", "unreachable": "Kite did not answer", "malformed answer": "Kite’s answer makes no sense",
		"no such tool": "Kite no longer offers this", "bad argument": "Kite did not accept what was asked",
		"session ended": "Kite ended the session in the middle", "session in doubt": "Kite does not bring the session up",
		"doubtful": "Kite is silent, or the login is over", "too slow": "it took too long", "undelivered": "Telegram did not take the answer",
		"panic": "a bug of ours", "unknown": "a fault of ours",
	}[e.Outcome], view.Cut(e.Outcome, 40))
}

// asData is a reference as part of a button's data, which is bounded.
func asData(ref string) string { return strings.ToValidUTF8(ref[:min(len(ref), 32)], "") }

// moment is a time of today, or the day with it.
func moment(t, now time.Time) string {
	if now.Sub(t) < 20*time.Hour {
		return view.ClockTime(t)
	}
	return view.DayTime(t)
}

// roughDuration says roughly how long something has been so.
func roughDuration(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days", int(d.Hours())/24)
	}
}
