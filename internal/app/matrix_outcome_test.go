package app_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
)

// outcome is what a story came to.
type outcome struct {
	steps    []*step
	main     *step         // what the person did while the fault lasted
	kept     bool          // the login was there at the end, without a new one
	sameLink bool          // of a link: it was good to the end
	warnings []string      // what an operator found in the log, each line once
	ends     string        // how the process ended by itself, for an operator
	rough    time.Duration // as the fault says
}

// step is something that the person did or that happened, and what they saw.
type step struct {
	did     string
	browser string // what the browser showed instead of "logged in"
	saw     []sight
	tail    bool // it went as it always does when all is well
}

// Steps that the person has no part in.
const (
	quietly         = "it is over" // worth telling only if something came of it
	twoQuietMinutes = "two minutes pass"
	startedAgain    = "the bot is started again"
)

// nothing is what came when nothing came.
const nothing = "silence"

// showed reports whether the step brought a message of one of these natures.
func (st *step) showed(one ...nature) bool {
	return slices.ContainsFunc(st.saw, func(s sight) bool { return s.is(one...) })
}

// when tells a wait. Where waits are drawn at random only their bound is told.
func (o outcome) when(d time.Duration) string {
	if o.rough > 0 {
		return "within " + span(max(1, (d+o.rough-1)/o.rough)*o.rough)
	}
	if d < time.Second {
		return "at once"
	}
	return "after " + span(d)
}

func span(d time.Duration) string {
	if d < 2*time.Minute && d%time.Minute != 0 {
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}

// brief tells a step in a few words. What comes after the answer is left out.
func (o outcome) brief(st *step) string {
	var parts []string
	if st.browser != "" {
		parts = append(parts, "browser: “"+st.browser+"”")
	}
	for i, s := range st.saw {
		part := s.brief() + " " + o.when(s.after)
		if twice := s.brief() + " twice " + o.when(s.after); i > 0 && parts[len(parts)-1] == part {
			parts[len(parts)-1] = twice
			continue
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return nothing
	}
	return strings.Join(parts, ", ")
}

// later is what came by itself once the fault was over, or the bot ran again.
func (o outcome) later() *step {
	i := slices.IndexFunc(o.steps, func(st *step) bool { return st.did == quietly || st.did == startedAgain })
	if i < 0 {
		return &step{}
	}
	return o.steps[i]
}

// verdict says what became of the login, and if it is over, by whose word.
func (o outcome) verdict() string {
	if o.kept {
		return "login kept"
	}
	for _, st := range o.steps {
		for _, s := range st.saw {
			if why := byWhom(s.text); why != "" {
				return "new login: " + why
			}
		}
	}
	return "new login"
}

func byWhom(text string) string {
	for words, why := range map[string]string{
		"Your login at Kite has ended":              "the server said so",
		"Your login is probably over":               "the clock says so, and Kite is silent",
		"Your login was taken over":                 "the bot ended it",
		"is not answering, or your login has ended": "the person chose it",
	} {
		if strings.Contains(text, words) {
			return why
		}
	}
	return ""
}

// core is all of an outcome that two cells can have in common.
func (o outcome) core() string {
	if o.main == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintln(&b, o.verdict())
	for _, st := range []*step{o.main, o.later()} {
		fmt.Fprintln(&b, o.brief(st))
		for _, s := range st.saw {
			fmt.Fprintln(&b, s.text, s.labels)
		}
	}
	return b.String()
}

var (
	warning = regexp.MustCompile(`(?m)level=(?:WARN|ERROR) msg=("(?:[^"\\]|\\.)*"|\S+)`)
	counted = regexp.MustCompile(` … and \d+ more in the last minute$`)
	tags    = regexp.MustCompile(`<[^>]*>`)
)

// Which of two calls at one moment Telegram refuses first is chance: with the
// greater silence the smaller one goes untold.
const (
	oneSilent = "telegram wants a long silence in one place, messages there wait"
	allSilent = "telegram wants silence, every message waits"
)

// warnings are the lines of a log that an operator should read, each once.
func warnings(log string) (lines []string) {
	for _, m := range warning.FindAllStringSubmatch(log, -1) {
		lines = append(lines, counted.ReplaceAllString(strings.Trim(m[1], `"`), ""))
	}
	all := slices.Contains(lines, allSilent)
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return l == "command" || all && l == oneSilent // what came of each command is told elsewhere
	})
	slices.Sort(lines)
	return slices.Compact(lines)
}

// firstLine is how a page in a browser begins.
func firstLine(page string) string {
	text := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(page, "\n")))
	line, _, _ := strings.Cut(text, "\n")
	return line
}
