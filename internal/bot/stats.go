package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kitebot/internal/bot/view/dialog"
)

// Operations reports how the process is.
type Operations interface {
	// Report returns what is known. It must not wait.
	Report() OpsReport
}

// OpsReport is how the process is.
type OpsReport struct {
	Version    string
	Since      time.Time   // when it was started
	Components []Component // in the order in which they are shown
}

// Component is how one part of the process is.
type Component = dialog.OpsComponent

const (
	failuresKept = 20
	minutesKept  = 60
	longestError = 600 // bytes
)

// commandStats counts the commands of the last hour and keeps the last failures, for
// operators. It is in memory alone.
type commandStats struct {
	mu       sync.Mutex
	minutes  [minutesKept]minute
	failures []dialog.OpsError // the newest last
}

// minute counts the commands of one minute, which is known by its number.
type minute struct {
	number      int64
	all, failed int
}

// count adds a command that is done with; failure is nil unless it went wrong.
func (s *commandStats) count(now time.Time, command string, failure *dialog.OpsError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if command != "" {
		number := now.Unix() / 60
		slot := &s.minutes[number%minutesKept]
		if slot.number != number {
			*slot = minute{number: number}
		}
		slot.all++
		if failure != nil {
			slot.failed++
		}
	}
	if failure != nil {
		s.failures = append(s.failures[max(0, len(s.failures)-failuresKept+1):], *failure)
	}
}

// lastHour returns how many commands there were in it, and how many failed.
func (s *commandStats) lastHour(now time.Time) (all, failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.minutes {
		if m.number > now.Unix()/60-minutesKept {
			all += m.all
			failed += m.failed
		}
	}
	return all, failed
}

// last returns the failures, the newest first.
func (s *commandStats) last() []dialog.OpsError {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.failures)
	slices.Reverse(all)
	return all
}

// secrets is what no chat may hold of an error's text, should it be there: web
// addresses, tokens, session ids, and whatever is long enough to be an id.
var secrets = regexp.MustCompile(`https?://\S+|[A-Za-z0-9_-]{24,}|\d{5,}(:[A-Za-z0-9_-]+)?`)

// scrub makes an error's text fit for an operator's chat.
func scrub(text string, person int64) string {
	text = regexp.MustCompile(`\b`+strconv.FormatInt(person, 10)+`\b`).ReplaceAllString(text, "•••")
	text = secrets.ReplaceAllString(strings.Join(strings.Fields(text), " "), "•••")
	if len(text) > longestError {
		text = strings.ToValidUTF8(text[:longestError], "") + "…"
	}
	return text
}
