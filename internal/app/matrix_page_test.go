package app_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
)

// outcome is what a scenario came to.
type outcome struct {
	steps    []*step
	main     *step         // what the person did while the fault lasted
	kept     bool          // the login was there at the end, without a new one
	sameLink bool          // of a link: it was good to the end
	right    bool          // every figure that was shown is right
	private  bool          // nothing that was shown is somebody else's
	usable   bool          // the person's holdings came at the end
	warnings []string      // what an operator found in the log, each line once
	ends     string        // how the process ended by itself, for an operator
	rough    time.Duration // as the fault says
}

// step is something that the person did or that happened, and what they saw.
type step struct {
	did     string
	browser string // what the browser showed instead of "logged in"
	saw     []shown
}

// Steps that the person has no part in.
const (
	quietly         = "it is over" // written down only if something came of it
	twoQuietMinutes = "two minutes pass"
	startedAgain    = "the bot is started again"
	cannotSend      = "(nothing can be sent)"
)

// showed reports whether the step brought a message of one of these kinds.
func (st *step) showed(one ...kind) bool {
	return slices.ContainsFunc(st.saw, func(s shown) bool { return s.is(one...) })
}

// when writes a wait. Where waits are drawn at random it writes only their bound.
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
			if why := endedBy(s.text); why != "" {
				return "new login: " + why
			}
		}
	}
	return "new login"
}

func endedBy(text string) string {
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

var (
	warning = regexp.MustCompile(`(?m)level=(?:WARN|ERROR) msg=("(?:[^"\\]|\\.)*"|\S+)`)
	tags    = regexp.MustCompile(`<[^>]*>`)
)

// Which of two calls at one moment Telegram refuses first is chance: with the
// greater silence the smaller one is not logged.
const (
	oneSilent = "telegram limits one chat or queue for long"
	allSilent = "telegram limits all messages"
)

// warnings are the lines of a log that an operator should read, each once.
func warnings(log string) (lines []string) {
	for _, m := range warning.FindAllStringSubmatch(log, -1) {
		lines = append(lines, strings.Trim(m[1], `"`))
	}
	all := slices.Contains(lines, allSilent)
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return l == "command" || all && l == oneSilent // the steps tell what came of each command
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

// transcript is all of a part, for its golden file: every step, every word.
func (r *result) transcript(p part) string {
	var b strings.Builder
	for _, f := range p.faults {
		fmt.Fprintf(&b, "== %s\n", f.name)
		for _, m := range moments() {
			if why, never := f.never[m.name]; never {
				fmt.Fprintf(&b, "\n-- %s: never: %s\n", m.name, why)
				continue
			}
			o := r.cells[cell{f.name, m.name}]
			fmt.Fprintf(&b, "\n-- %s\n", m.name)
			for _, st := range o.steps {
				o.write(&b, st)
			}
			if o.ends != "" {
				fmt.Fprintf(&b, "= the bot ended: %s\n", o.ends)
			}
			switch m.name {
			case beforeLogin:
			case linkSent:
				fmt.Fprintf(&b, "= the link stayed good: %v\n", o.sameLink)
			default:
				fmt.Fprintf(&b, "= %s\n", o.verdict())
			}
			for _, w := range o.warnings {
				fmt.Fprintf(&b, "! %s\n", w)
			}
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

func (o outcome) write(b *strings.Builder, st *step) {
	fmt.Fprintf(b, "> %s\n", st.did)
	if st.browser != "" {
		fmt.Fprintf(b, "  browser: %s\n", st.browser)
	}
	for _, s := range st.saw {
		edit := "new"
		if s.edit {
			edit = "edit"
		}
		fmt.Fprintf(b, "  %s, %s: %s %s\n", o.when(s.after), edit, s.text, s.labels)
	}
}

// promise is a column of the page. kept says how far a fault leaves it, from the
// outcomes at the moments at which the fault can happen.
type promise struct {
	name string
	kept func(fault, map[string]outcome) string
}

func promises() []promise {
	return []promise{
		{"login kept", loginKept},
		{"link stays good", func(_ fault, at map[string]outcome) string {
			o, ok := at[linkSent]
			return mark(ok, o.sameLink, "a new one")
		}},
		{"first word", firstWord},
		{"nothing lost", func(f fault, at map[string]outcome) string {
			return mark(!f.mute, all(at, func(o outcome) bool { return len(o.main.saw)+len(o.later().saw) > 0 }), "no")
		}},
		{"nothing twice", func(_ fault, at map[string]outcome) string {
			return mark(true, all(at, func(o outcome) bool { return !slices.ContainsFunc(o.steps, (*step).twice) }), "may come twice")
		}},
		{"figures right, or none", func(_ fault, at map[string]outcome) string {
			return mark(true, all(at, func(o outcome) bool { return o.right }), "no")
		}},
		{"nothing of others", func(_ fault, at map[string]outcome) string {
			return mark(true, all(at, func(o outcome) bool { return o.private }), "no")
		}},
		{"works afterwards", func(_ fault, at map[string]outcome) string {
			return mark(true, all(at, func(o outcome) bool { return o.usable }), "no")
		}},
	}
}

func mark(can, kept bool, otherwise string) string {
	switch {
	case !can:
		return "–"
	case kept:
		return "✓"
	}
	return otherwise
}

func all(at map[string]outcome, hold func(outcome) bool) bool {
	for _, o := range at {
		if !hold(o) {
			return false
		}
	}
	return true
}

// loginKept names each way in which the login came to its end.
func loginKept(_ fault, at map[string]outcome) string {
	var ends []string
	for _, m := range []string{idle, inCall, atShutdown} {
		if o, ok := at[m]; ok && !o.kept {
			ends = append(ends, o.verdict())
		}
	}
	slices.Sort(ends)
	return mark(true, ends == nil, strings.Join(slices.Compact(ends), "; "))
}

// firstWord is the longest wait for the first answer while the bot runs.
func firstWord(f fault, at map[string]outcome) string {
	worst := outcome{rough: f.rough}
	var longest time.Duration
	for m, o := range at {
		switch {
		case m == atShutdown || f.mute:
		case len(o.main.saw) == 0:
			return "once it is over"
		default:
			longest = max(longest, o.main.saw[0].after)
		}
	}
	return mark(!f.mute, false, worst.when(longest))
}

// twice reports whether a step brought the same message two times.
func (st *step) twice() bool {
	for i, s := range st.saw {
		if slices.ContainsFunc(st.saw[:i], func(b shown) bool { return !s.edit && b.text == s.text && b.labels == s.labels }) {
			return true
		}
	}
	return false
}

// page is docs/reliability.md.
func (r *result) page() string {
	var b strings.Builder
	b.WriteString(pageIntro)
	for _, m := range moments() {
		fmt.Fprintf(&b, "- **%s:** %s\n", m.name, m.what)
	}
	b.WriteString("\n| fault |")
	for _, p := range promises() {
		fmt.Fprintf(&b, " %s |", p.name)
	}
	fmt.Fprintf(&b, "\n|%s\n", strings.Repeat("---|", len(promises())+1))
	for _, p := range parts() {
		fmt.Fprintf(&b, "| **%s** |%s\n", p.title, strings.Repeat(" |", len(promises())))
		for _, f := range p.faults {
			b.WriteString(r.row(f))
		}
	}
	return b.String()
}

// row is a fault's line of the page.
func (r *result) row(f fault) string {
	at := map[string]outcome{}
	for _, m := range moments() {
		if o, played := r.cells[cell{f.name, m.name}]; played {
			at[m.name] = o
		}
	}
	cells := []string{fmt.Sprintf("*%s.* %s", f.name, f.what)}
	for _, p := range promises() {
		cells = append(cells, p.kept(f, at))
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

const pageIntro = `# What holds when something fails

<!-- written by go test ./internal/app -run TestFaultMatrix -update; do not edit -->

The test plays each fault at each of five moments with the whole program, against both simulators, and fails when a mark is no longer true. What
people read in each case stands in ` + "`internal/app/testdata/reliability`" + `, word for word.

Only Kite’s server and the person end a login; a login that another user took over is ended by the bot, before it shows a figure. A ✓ holds at each
moment at which the fault can come, “–” cannot happen. **First word** is the longest wait for an answer, or for a word that there is none yet; “once it is over”: the
answer comes by itself then. **Nothing lost:** each command is answered, be it by the next process. **Works afterwards:** the person’s holdings
come, after a new login where the table says so. A bot that is told to stop is gone within 8 seconds.

`
