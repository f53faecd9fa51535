package app_test

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// short tells an outcome in a few words, as a cell of the page has room for.
func (o outcome) short(m string) string {
	text, later := o.brief(o.main), o.later()
	over := "when it is over"
	if m == atShutdown {
		over = "by the next start"
	}
	parts := []string{text}
	if m == atShutdown && text == nothing && len(later.saw) > 0 {
		parts = nil // the bot was gone before it could say anything
	}
	switch {
	case later.showed(answer):
		parts = append(parts, "answered "+over)
	case later.showed(loggedIn) && !o.main.showed(loggedIn):
		parts = append(parts, "logged in "+over)
	case m == beforeLogin && !o.main.showed(link):
		parts = append(parts, "a link "+over)
	case m != linkSent && len(later.saw) > 0:
		parts = append(parts, o.brief(later))
	}
	if last := o.lasting(m, later); last != "" {
		parts = append(parts, last)
	}
	return strings.Join(parts, "; ")
}

// lasting is what an outcome leaves behind.
func (o outcome) lasting(m string, later *step) string {
	switch {
	case m == beforeLogin, m == linkSent && (o.main.showed(loggedIn) || later.showed(loggedIn)):
		return ""
	case m == linkSent && o.sameLink:
		return "the link stays good"
	case m == linkSent:
		return "a new link is needed"
	}
	return o.verdict()
}

// story tells an outcome in full, for a section of the page.
func (o outcome) story() string {
	var parts []string
	for _, st := range o.steps {
		if st.tail || st.did == twoQuietMinutes && len(st.saw) == 0 {
			continue
		}
		var saw []string
		if st.browser != "" {
			saw = append(saw, "the browser shows “"+st.browser+"”")
		}
		for _, s := range st.saw {
			saw = append(saw, o.when(s.after)+" "+s.full())
		}
		if len(saw) == 0 {
			saw = append(saw, nothing)
		}
		parts = append(parts, st.did+": "+strings.Join(saw, ", "))
	}
	if o.ends != "" {
		parts = slices.Insert(parts, 1, "the bot ends with “"+o.ends+"”")
	}
	return strings.ReplaceAll(strings.Join(parts, " → "), "<", "&lt;") + "."
}

// row writes a fault's line of its table.
func (r *result) row(f fault) string {
	cells := []string{fmt.Sprintf("[%s](#%s)", f.name, anchor(f.name))}
	for _, m := range moments() {
		why, never := f.never[m.name]
		at, alike := f.alike[m.name]
		switch {
		case never:
			cells = append(cells, "– "+why)
		case alike:
			cells = append(cells, "*"+at.words()+"*")
		default:
			cells = append(cells, r.cells[spot{f.name, m.name}].short(m.name))
		}
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// words name the cell that another one is like.
func (p spot) words() string {
	if p.fault == "" {
		return "as when " + p.moment
	}
	return fmt.Sprintf("as with “%s”", p.fault)
}

// section tells a fault's stories in full.
func (r *result) section(f fault) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n", f.name, f.what)
	var log []string
	for _, m := range moments() {
		o := r.cells[spot{f.name, m.name}]
		log = append(log, o.warnings...)
		if why, never := f.never[m.name]; never {
			fmt.Fprintf(&b, "- **%s** – cannot be: %s.\n", m.name, why)
		} else if at, alike := f.alike[m.name]; alike {
			fmt.Fprintf(&b, "- **%s** – %s.\n", m.name, at.words())
		} else {
			fmt.Fprintf(&b, "- **%s** – %s\n", m.name, o.story())
		}
	}
	slices.Sort(log)
	if log = slices.Compact(log); len(log) > 0 {
		fmt.Fprintf(&b, "\nIn the log: “%s”.\n", strings.Join(log, "”, “"))
	}
	return b.String() + "\n"
}

// anchor is the name under which a heading can be linked to.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_':
			return unicode.ToLower(c)
		case c == ' ':
			return '-'
		}
		return -1
	}, heading)
}

// page is docs/reliability.md.
func (r *result) page() string {
	var b strings.Builder
	b.WriteString(pageIntro)
	for _, m := range moments() {
		fmt.Fprintf(&b, "- **%s** – %s\n", m.name, m.what)
	}
	b.WriteString(pageWords)
	for _, tab := range tables() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n|  |", tab.title, tab.intro)
		for _, m := range moments() {
			fmt.Fprintf(&b, " %s |", m.name)
		}
		fmt.Fprintf(&b, "\n|%s\n", strings.Repeat("---|", len(moments())+1))
		for _, f := range tab.faults {
			b.WriteString(r.row(f))
		}
	}
	b.WriteString("\n## Every fault in full\n\n" + fullIntro + "\n\n")
	for _, tab := range tables() {
		for _, f := range tab.faults {
			b.WriteString(r.section(f))
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
