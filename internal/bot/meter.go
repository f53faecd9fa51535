package bot

import (
	"time"

	"kitebot/internal/kite"
)

// Meter measures what people ask for. It must not block.
type Meter interface {
	// Command is told of each command once it is done with: its name ("" for what
	// is none, such as talk), one of [Outcomes], and how long its person waited
	// from the arrival of what they sent until the answer was delivered.
	Command(name, outcome string, waited time.Duration)
	// HoldingMismatches is told with each answer that was read how many of its
	// holdings are [kite.Holding.Mismatched].
	HoldingMismatches(holdings int)
}

// Outcomes lists what a command can come to, in the words of the log.
func Outcomes() []string {
	all := []string{
		"ok", "no login", "login ended", "unconfirmed", "cancelled", "too slow", "doubtful", "usurped", "queued", "crowded",
		"code refused", "code lost", "code not awaited", "panic", "undelivered",
	}
	for _, k := range kite.Kinds() {
		if k != kite.KindNoLogin {
			all = append(all, k.String())
		}
	}
	return all
}

// Queue tells how many jobs wait behind others, and for how many people one is
// being done.
func (b *Bot) Queue() (waiting, busy int) {
	b.mail.mu.Lock()
	defer b.mail.mu.Unlock()
	for _, box := range b.mail.boxes {
		waiting += len(box.waiting)
	}
	return waiting, len(b.mail.boxes)
}

// deaf is a Meter for nobody.
type deaf struct{}

func (deaf) Command(string, string, time.Duration) {}
func (deaf) HoldingMismatches(int)                 {}
