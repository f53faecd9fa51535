package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The names that settings begin with. Of the first kind there is hardly a
// variable that is not meant for us. The others are common in an environment:
// such a one is mentioned only when it is one letter away from a setting.
var (
	ourPrefixes    = []string{"TELEGRAM_", "KITE_", "STORE_", "WEBHOOK_", "ALLOWED_", "ADMIN_"}
	commonPrefixes = []string{"HTTP_", "USER_", "SESSION_", "LOG_", "OAUTH_"}
)

// typable are the names that somebody may have typed.
var typable = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// linked are the variables that a cluster sets about a service called, say,
// "store". Nobody typed them.
var linked = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)

const (
	farthestTypo   = 4 // letters between a name and the setting that was meant, at most
	farthestCommon = 1
)

// strays returns a line for each variable that looks like a setting and is none.
func (env Env) strays() []string {
	if env.Names == nil {
		return nil
	}
	known := map[string]bool{}
	for _, s := range Settings() {
		known[s.Name] = true
		if s.Secret {
			known[s.Name+"_FILE"] = true
		}
	}
	var lines []string
	for _, name := range slices.Sorted(slices.Values(env.Names())) {
		if value, _ := env.Lookup(name); value == "" || known[name] || !typable.MatchString(name) || linked.MatchString(name) {
			continue
		}
		if line := stray(name); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// stray says that a name is no setting, if it looks like one.
func stray(name string) string {
	if of, found := strings.CutSuffix(name, "_FILE"); found && slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Name == of }) {
		return fmt.Sprintf("%s is not a setting: only a secret can come from a file; did you mean %s?", name, of)
	}
	meant, far := nearest(name)
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case slices.ContainsFunc(ourPrefixes, begins) && far > farthestTypo:
		return name + " is not a setting"
	case slices.ContainsFunc(ourPrefixes, begins), slices.ContainsFunc(commonPrefixes, begins) && far <= farthestCommon:
		return fmt.Sprintf("%s is not a setting; did you mean %s?", name, meant)
	default:
		return ""
	}
}

// nearest returns the setting whose name is the least letters away.
func nearest(name string) (meant string, far int) {
	for _, s := range Settings() {
		names := []string{s.Name}
		if s.Secret {
			names = append(names, s.Name+"_FILE")
		}
		for _, n := range names {
			if d := distance(name, n); meant == "" || d < far {
				meant, far = n, d
			}
		}
	}
	return meant, far
}

// distance is how many letters have to be put in, taken out or changed to make
// one name of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
