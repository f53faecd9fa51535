package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

var (
	block    = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```")
	listSet  = regexp.MustCompile(`\b(ALLOWED_USERS|ADMIN_USERS)=(\S*)`)
	anchored = regexp.MustCompile(`(?m)^ +runbook: docs/troubleshooting\.md#(\S+)$`)
)

// Commands of the pages, pasted word by word, let in no one: what stands for a
// number is none, and the start says what to put there.
func TestPastedCommandsLetInNoOne(t *testing.T) {
	for _, page := range []string{"../../README.md", "../../deploy/README.md", "../../docs/troubleshooting.md", "../../deploy/kubernetes/bot/settings.env"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := "```\n" + string(text) + "\n```"
		if strings.HasSuffix(page, ".md") {
			blocks = strings.Join(block.FindAllString(string(text), -1), "\n")
		}
		found := 0
		for line := range strings.Lines(blocks) {
			for _, set := range listSet.FindAllStringSubmatch(line, -1) {
				found++
				if strings.HasPrefix(strings.TrimSpace(line), "#") {
					continue
				}
				name, value := set[1], strings.Trim(set[2], `'"`)
				c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, name: value}, "")
				setting, bad := errors.AsType[*app.SettingError](err)
				if value != "" && (!bad || setting.Name != name || !strings.Contains(err.Error(), "send /start to the bot")) {
					t.Errorf("%s: %s lets in %v, %v", page, set[0], c.Allowed.IDs, err)
				}
			}
		}
		if found == 0 && !strings.Contains(page, "troubleshooting") {
			t.Errorf("%s: no list of people was found: is this test looking in the right place?", page)
		}
	}
}

// Each alert leads to a section of the page for the night, and each section of that
// page can be reached from the table at its top.
func TestEachAlertLeadsToAPage(t *testing.T) {
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(page), -1) {
		section := regexp.MustCompile(`[^a-z -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		sections = append(sections, strings.ReplaceAll(section, " ", "-"))
	}
	for _, alert := range strings.Split(string(rules), "\n      - alert: ")[1:] {
		name, _, _ := strings.Cut(alert, "\n")
		if m := anchored.FindStringSubmatch(alert); m == nil || !slices.Contains(sections, m[1]) {
			t.Errorf("%s leads to no section: %q; there are %q", name, m, sections)
		}
	}
	for _, section := range sections {
		if !strings.Contains(string(page), "](#"+section+") |\n") {
			t.Errorf("the table of the page does not lead to %s", section)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(page), -1) {
		if !slices.Contains(sections, m[1]) {
			t.Errorf("the page leads to %s, and there is no such section", m[1])
		}
	}
}

// Each word that the log has for why there was no answer is explained on that page.
func TestEachCauseIsExplained(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"refused", "reset", "cut", "dns", "tls", "timeout", "no route", "network", "http 403", "http 404", "not mcp", "stream lost"} {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("%s is not explained", word)
		}
	}
}

const (
	settingsPage  = "../../docs/settings.md"
	beginSettings = "<!-- settings: written by go test ./internal/app -run TestSettingsPage -update -->\n"
	endSettings   = "<!-- /settings -->"
)

// The table of docs/settings.md says what app.Settings says: every row, in the
// same order, and no other.
func TestSettingsPage(t *testing.T) {
	text, err := os.ReadFile(settingsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), beginSettings)
	_, after, ended := strings.Cut(rest, endSettings)
	if !begun || !ended {
		t.Fatalf("%s lacks the lines %q and %q", settingsPage, beginSettings, endSettings)
	}
	var table strings.Builder
	table.WriteString("\n| name | default | meaning | example |\n|---|---|---|---|\n")
	for _, s := range app.Settings() {
		fmt.Fprintln(&table, settingRow(s))
	}
	want := before + beginSettings + table.String() + "\n" + endSettings + after
	if *update {
		if err := os.WriteFile(settingsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), want); diff != "" {
		t.Errorf("%s is out of date (-have +want); run the test with -update:\n%s", settingsPage, diff)
	}
}

// settingRow writes a setting as the page does: name, default, meaning,
// example. A secret can come from a file too.
func settingRow(s app.Setting) string {
	name := "`" + s.Name + "`"
	if s.Secret {
		name += " 🔑"
	}
	value := "–"
	switch {
	case s.Required:
		value = "required"
	case s.Default != "":
		value = "`" + s.Default + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", name, value, s.Meaning, example(s.Example))
}

// example sets an example in code, unless it is a sentence with code in it.
func example(text string) string {
	if text == "" {
		return "–"
	}
	if strings.Contains(text, "`") {
		return text
	}
	return "`" + text + "`"
}

// checkRules makes sure that every metric, and every value of a label, that the
// rules for alerts name is one that a running bot has.
func checkRules(t *testing.T, text string) {
	t.Helper()
	series, values := measured(text)
	described := map[string]bool{} // what a summary may speak of
	for _, m := range ops.Catalogue() {
		described[m.Name] = true
	}
	files, err := filepath.Glob("../../deploy/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, path := range files {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, expr := range exprsIn(string(file)) {
			rules++
			for _, name := range metricsIn(expr) {
				if !series[name] {
					t.Errorf("%s: there is no metric %s", path, name)
				}
			}
			for _, value := range unknownValues(expr, values) {
				t.Errorf("%s: no label of the bot has the value %s", path, value)
			}
		}
		for _, name := range regexp.MustCompile(`\bkitebot_[a-z_]+\b`).FindAllString(string(file), -1) {
			if !series[name] && !described[name] {
				t.Errorf("%s: there is no metric %s", path, name)
			}
		}
	}
	if rules < 5 {
		t.Errorf("only %d rules were found: is this test looking in the right place?", rules)
	}
}

// measured lists the names of series in metrics, and the values of their labels.
func measured(text string) (names, values map[string]bool) {
	names = map[string]bool{"up": true, "ALERTS": true} // Prometheus makes these
	values = map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-zA-Z_]+)(?:\{(.*)\})? \S+$`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
		for _, l := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
			values[l[1]] = true
		}
	}
	return names, values
}

var (
	exprLine = regexp.MustCompile(`^( *)(?:- )?expr: *(.*)$`)
	matchers = regexp.MustCompile(`\{[^}]*\}`)
	ours     = regexp.MustCompile(`kitebot_[a-z_]+\{[^}]*\}`)
	matcher  = regexp.MustCompile(`([a-z]+) *(=~|!~|!=|=) *"([^"]*)"`)
	lists    = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)`)
	numbers  = regexp.MustCompile(`\[[^\]]*\]|\b\d[0-9a-z.]*`)
	words    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\b *\(?`)
)

// exprsIn returns what stands after each "expr:" of a YAML file, be it on that
// line or in a block below it.
func exprsIn(file string) []string {
	var exprs []string
	block, indent := false, 0
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\r\n")
		if m := exprLine.FindStringSubmatch(line); m != nil {
			block, indent = strings.HasPrefix(m[2], "|") || strings.HasPrefix(m[2], ">"), len(m[1])
			exprs = append(exprs, m[2])
			continue
		}
		deeper := len(line)-len(strings.TrimLeft(line, " ")) > indent
		if block = block && (deeper || strings.TrimSpace(line) == ""); block {
			exprs[len(exprs)-1] += "\n" + line
		}
	}
	return exprs
}

// metricsIn returns the names in a PromQL expression that are neither functions
// nor words of the language nor labels.
func metricsIn(expr string) []string {
	for _, r := range []*regexp.Regexp{matchers, lists, numbers} {
		expr = r.ReplaceAllString(expr, " ")
	}
	var names []string
	for _, w := range words.FindAllString(expr, -1) {
		name := strings.TrimRight(w, " (")
		call := strings.HasSuffix(w, "(")
		if !call && !slices.Contains([]string{"and", "or", "unless", "bool", "offset"}, strings.ToLower(name)) {
			names = append(names, name)
		}
	}
	return names
}

// unknownValues returns what an expression wants of a label that none ever has.
func unknownValues(expr string, known map[string]bool) []string {
	var unknown []string
	for _, selector := range ours.FindAllString(expr, -1) {
		for _, m := range matcher.FindAllStringSubmatch(selector, -1) {
			if m[1] == "job" || m[1] == "instance" { // Prometheus gives these
				continue
			}
			alternatives := []string{regexp.QuoteMeta(m[3])}
			if strings.HasSuffix(m[2], "~") {
				alternatives = strings.Split(m[3], "|")
			}
			for _, a := range alternatives {
				if !matchesAny(regexp.MustCompile("^(?:"+a+")$"), known) {
					unknown = append(unknown, m[1]+m[2]+a)
				}
			}
		}
	}
	return unknown
}

func matchesAny(r *regexp.Regexp, known map[string]bool) bool {
	for value := range known {
		if r.MatchString(value) {
			return true
		}
	}
	return false
}

// The reader of rules sees through what rules are written in.
func TestReadingRules(t *testing.T) {
	exprs := exprsIn("a:\n  - expr: sum by (le) (rate(x_bucket{a=\"b\"}[5m])) > 0.5\n    for: 5m\n  - alert: B\n    expr: |\n" +
		"      up == 0\n\n        unless on(job) y_total offset 1h > 3e2\n    labels: {a: b}\n    expr: >-\n      absent(z)\n")
	var got [][]string
	for _, e := range exprs {
		got = append(got, metricsIn(e))
	}
	want := [][]string{{"x_bucket"}, {"up", "y_total"}, {"z"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q; of %q", got, want, exprs)
	}
	known := map[string]bool{"ok": true, "too_slow": true}
	expr := `kitebot_a{outcome=~"ok|too.slow|made_up",tool!="nothing",job="x"} / kitebot_b{c="ok"} / d{e="f"}`
	if got, want := unknownValues(expr, known), []string{"outcome=~made_up", "tool!=nothing"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
