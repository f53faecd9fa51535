package bot

import (
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

// What tests look at from outside.

// Scrub makes the text of an error fit for an operator's chat.
func Scrub(text string, person int64) string { return scrub(text, person) }

// CommandStats counts commands, each failed or not, and tells what is left of it.
type CommandStats struct{ t commandStats }

// Count counts a command; ref is that of its error, "" for none.
func (t *CommandStats) Count(at time.Time, command, ref string) {
	if ref == "" {
		t.t.count(at, command, nil)
		return
	}
	t.t.count(at, command, &dialog.OpsError{At: at, Ref: ref})
}

// Tell returns the counts of the last hour and the references that are kept,
// the newest first.
func (t *CommandStats) Tell(now time.Time) (all, failed int, refs []string) {
	all, failed = t.t.lastHour(now)
	for _, m := range t.t.last() {
		refs = append(refs, m.Ref)
	}
	return all, failed, refs
}

// Perform runs a handler as that of a typed command, in its turn.
func (b *Bot) Perform(u Update, run command.Handler) {
	inv := b.answerOnce(u, view.Message{})
	inv.run = run
	b.mail.put(u.From, job{run: func(jc jobContexts) { b.perform(jc, inv) }})
}

// OutcomeOf names an error for the log.
var OutcomeOf = outcomeOf
