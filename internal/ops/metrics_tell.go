package ops

import "time"

// Command is a command that was answered, or tried to be: how long its person
// waited in all.
func (m *Metrics) Command(name, outcome string, waited time.Duration) {
	command := m.commands.of(name)
	m.commandsTotal.WithLabelValues(command, m.outcomes.of(outcome)).Inc()
	m.commandSeconds.WithLabelValues(command).Observe(waited.Seconds())
}

// HoldingMismatches are holdings of one answer whose P&L does not bear out how
// their shares are counted.
func (m *Metrics) HoldingMismatches(holdings int) { m.mismatchesTotal.Add(float64(holdings)) }

// Tool is something that was asked of Kite's server, and what it showed of that:
// see [Streak.Heard].
func (m *Metrics) Tool(tool, outcome string, took time.Duration, trouble string) {
	m.toolSeconds.WithLabelValues(m.tools.of(tool), m.toolOutcomes.of(outcome)).Observe(took.Seconds())
	m.kite.Heard(trouble)
}

// LoginStep is a step of somebody's login.
func (m *Metrics) LoginStep(step string) { m.loginsTotal.WithLabelValues(m.steps.of(step)).Inc() }

// Resumed is what the first question over a resumed session came to.
func (m *Metrics) Resumed(outcome string) {
	m.resumesTotal.WithLabelValues(m.resumes.of(outcome)).Inc()
}

// Surface is told what Kite's server offers now, whenever that is another thing
// than what it was found to offer before; so it is told of the first look, too.
func (m *Metrics) Surface(name string) {
	m.surfaceChanges.WithLabelValues(m.surfaces.of(name)).Inc()
}

// held is the method that Telegram takes its time for on purpose.
const held = "getUpdates"

// TelegramCall is a call of the Bot API; heard reports whether that answered at
// all.
func (m *Metrics) TelegramCall(method, outcome string, took time.Duration, heard bool) {
	label := m.methods.of(method)
	m.callsTotal.WithLabelValues(label, m.fates.of(outcome)).Inc()
	if method != held {
		m.callSeconds.WithLabelValues(label).Observe(took.Seconds())
	}
	trouble := ""
	if !heard {
		trouble = outcome
	}
	m.telegram.Heard(trouble)
}

// TelegramLimited is a call that was answered with 429.
func (m *Metrics) TelegramLimited() { m.limitedTotal.Inc() }

// TelegramWaited is how long one call waited because of a 429.
func (m *Metrics) TelegramWaited(waited time.Duration) { m.waitTotal.Add(max(0, waited.Seconds())) }

// What a commit comes to.
const (
	written   = "ok"
	unwritten = "failed"
)

// Commit is a write to the store.
func (m *Metrics) Commit(took time.Duration, ok bool) {
	outcome := written
	if !ok {
		outcome = unwritten
	}
	m.commitSeconds.WithLabelValues(outcome).Observe(took.Seconds())
}
