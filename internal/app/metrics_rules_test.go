package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/ops"
)

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
