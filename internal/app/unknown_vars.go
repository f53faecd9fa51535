package app

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kitebot/internal/bot/command"
)

// ourPrefixes are what hardly any variable begins with that is not meant for us.
var ourPrefixes = []string{"TELEGRAM_", "KITE_", "WEBHOOK_", "ALLOWED_"}

// shorthand is what people call a setting that has a longer name. Names are as
// [plain] has them.
var shorthand = map[string]string{
	"BOTTOKEN": "TELEGRAM_BOT_TOKEN", "TGTOKEN": "TELEGRAM_BOT_TOKEN", "TGBOTTOKEN": "TELEGRAM_BOT_TOKEN", "BOTTOKENFILE": "TELEGRAM_BOT_TOKEN_FILE",
	"MCPURL": "KITE_MCP_URL", "ALLOWED": "ALLOWED_USERS", "ADMINS": "ADMIN_USERS", "ADMINID": "ADMIN_USERS", "ADMINIDS": "ADMIN_USERS",
	"WEBHOOK": "WEBHOOK_URL", "OAUTHCALLBACK": "OAUTH_CALLBACK_URL", "HTTPADDRESS": "HTTP_ADDR",
}

// typable are the names that an operator may have typed.
var typable = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// linked are the variables that a cluster sets about a service called, say,
// "store". No operator typed them.
var linked = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_|$)|$)`)

// unknownVars returns a line for each variable that looks like a setting and is none.
func (env Env) unknownVars() []string {
	if env.Names == nil {
		return nil
	}
	known := settingNames()
	var lines []string
	for _, name := range slices.Sorted(slices.Values(env.Names())) {
		if value, _ := env.Lookup(name); value == "" || slices.Contains(known, name) || !typable.MatchString(name) || linked.MatchString(name) {
			continue
		}
		if line := unknownVar(name, known); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// settingNames are all variables that are read.
func settingNames() []string {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
		if s.Secret {
			names = append(names, s.Name+"_FILE")
		}
	}
	return names
}

// farthestTypo is how many slips a name of our own kind may have.
const farthestTypo = 4

// unknownVar says that a name is no setting, if it looks like one.
func unknownVar(name string, known []string) string {
	if of, found := strings.CutSuffix(name, "_FILE"); found && slices.Contains(known, of) {
		return fmt.Sprintf("%s is not a setting: only a secret can come from a file; did you mean %s?", name, of)
	}
	meant, slips := nearest(plain(name), known)
	ours := slices.ContainsFunc(ourPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	switch {
	case slips <= bearable(name), ours && slips <= farthestTypo:
		return fmt.Sprintf("%s is not a setting; did you mean %s?", name, meant)
	case ours:
		return name + " is not a setting"
	default:
		return ""
	}
}

// bearable is how many slips a name may have and still not be another program's: two
// in a long one, one in a short one.
func bearable(name string) int {
	if len(plain(name)) >= 12 {
		return 2
	}
	return 1
}

// plain is a name without what is easily left out or mistaken.
func plain(name string) string { return strings.ReplaceAll(strings.ToUpper(name), "_", "") }

// nearest returns the setting that a plain name has the fewest slips from.
func nearest(name string, known []string) (meant string, slips int) {
	if long, ok := shorthand[name]; ok {
		return long, 0
	}
	slipsTo := func(k string) int { return command.EditDistance(name, plain(k)) }
	meant = slices.MinFunc(known, func(a, b string) int { return cmp.Compare(slipsTo(a), slipsTo(b)) })
	return meant, slipsTo(meant)
}
