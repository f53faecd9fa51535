package app_test

import (
	"regexp"
	"slices"
	"strings"
	"time"

	simtg "kitebot/internal/sim/telegram"
)

// sight is a message of the bot as a person takes it in: one that came, or that
// an earlier one became.
type sight struct {
	after  time.Duration // since the step began
	edit   bool
	what   nature
	text   string // in a line or two, without what differs from run to run
	labels string // of its buttons
}

// nature is what a message is to the person.
type nature int

const (
	remark   nature = iota
	answer          // the holdings, with the right figures
	loggedIn        // the login came through
	link            // a login link, and why
	checked         // a login link, and how it stands with it after a press of Done
)

var (
	reference = regexp.MustCompile(`Reference [A-Z0-9]+`)
	clockTime = regexp.MustCompile(`^\d\d:\d\d:\d\d: `)
	slowSince = regexp.MustCompile(`by \d\d:\d\d:\d\d IST`)
	lineEnds  = regexp.MustCompile(`\n+`)
)

// look takes a message in. right is how the right holdings begin.
func look(m simtg.Message, right string) sight {
	s := sight{labels: labels(m)}
	text := slowSince.ReplaceAllString(reference.ReplaceAllString(strings.TrimSpace(m.Text), "Reference …"), "by … IST")
	lines := lineEnds.Split(text, -1)
	last := lines[len(lines)-1]
	b, linked := m.Button("Log in to Kite")
	switch {
	case strings.HasPrefix(m.Text, right):
		s.what, s.text = answer, "the holdings, with the right figures"
	case strings.HasPrefix(m.Text, "✅ Logged in as"):
		s.what, s.text = loggedIn, "Logged in as …"
	case linked && b.URL != "" && clockTime.MatchString(last):
		s.what, s.text = checked, clockTime.ReplaceAllString(last, "")
	case linked && b.URL != "":
		s.what, s.text = link, "a login link"
		if why := lines[1]; !strings.HasPrefix(why, "The button opens") {
			s.text = why
		}
	default:
		s.text = strings.Join(lines[:min(2, len(lines))], " ")
	}
	return s
}

func labels(m simtg.Message) string {
	var b strings.Builder
	for _, button := range m.Buttons() {
		b.WriteString("[" + button.Text + "]")
	}
	return b.String()
}

// is reports whether the message is one of these natures.
func (s sight) is(one ...nature) bool { return slices.Contains(one, s.what) }

// bare is a login link without a reason.
func (s sight) bare() bool { return s.what == link && s.text == "a login link" }

// brief tells the message in a few words.
func (s sight) brief() string {
	switch {
	case s.what == answer:
		return "answers"
	case s.what == loggedIn:
		return "logged in"
	case s.bare():
		return "link"
	case s.what == link:
		return "“" + firstSentence(s.text) + "”, with a login link"
	}
	return "“" + firstSentence(s.text) + "”"
}

func firstSentence(s string) string {
	for _, end := range []string{". ", "; ", ": "} {
		if before, _, found := strings.Cut(s, end); found && len(before) > 12 {
			s = before
		}
	}
	return strings.TrimSuffix(s, ".")
}

// full tells the message with its words and its buttons.
func (s sight) full() string {
	text := "“" + s.text + "”"
	switch {
	case s.what == answer:
		text = "**" + s.text + "**"
	case s.bare():
		text = s.text
	case s.is(link, checked):
		text += ", with the login link"
	case s.what == remark && s.labels != "":
		text += " " + s.labels
	}
	if s.edit {
		return "the message becomes " + text
	}
	return text
}

// news is what changed in a chat: messages of the bot that came or became others.
func news(before, now []simtg.Message, right string) (all []sight) {
	was := map[int64]simtg.Message{}
	for _, m := range before {
		was[m.ID] = m
	}
	for _, m := range now {
		old, known := was[m.ID]
		if m.FromBot && (!known || changed(old, m)) {
			s := look(m, right)
			s.edit = known
			all = append(all, s)
		}
	}
	return all
}

func changed(old, now simtg.Message) bool { return old.Text != now.Text || labels(old) != labels(now) }
