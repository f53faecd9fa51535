package ops

// Metric is one thing that is measured.
type Metric struct {
	Name   string   // "kitebot_commands_total"
	Kind   string   // "counter", "gauge" or "histogram"
	Labels []string // nil for none
	Help   string   // one sentence; the documents show it, too
	bounds []float64
}

// Catalogue lists what is measured, but for the usual go_ and process_ metrics
// of the library. Names are in base units, counters end in _total. Every label
// has a closed set of values (see [Sets]): none of them can be typed by a
// person, and none is an id or an amount.
func Catalogue() []Metric {
	label := func(names ...string) []string { return names }
	return []Metric{
		{Name: commandsTotal, Kind: "counter", Labels: label("command", "outcome"),
			Help: "Commands answered. Talk, old buttons and people who are not let in are the command none. Every pair exists from the start."},
		{Name: commandSeconds, Kind: "histogram", Labels: label("command"), bounds: []float64{.1, .3, 1, 3, 10, 30, 60},
			Help: "How long people waited, from the arrival of what they sent until its answer was delivered."},
		{Name: toolSeconds, Kind: "histogram", Labels: label("tool", "outcome"), bounds: []float64{.05, .2, .5, 1, 2, 5, 10, 20},
			Help: "How long Kite's server took, by tool; open and end are the beginning and the logout of a session."},
		{Name: loginsTotal, Kind: "counter", Labels: label("step"),
			Help: "The steps of logins: a link was sent, or the one that Kite gave was of an unknown form, a login bound by it (also: by another Kite user than last time), refused or usurped, a link died unused, the code of a login by OAuth was refused or lost, the server ended a login, the person logged out."},
		{Name: sessionsNow, Kind: "gauge", Labels: label("state"),
			Help: "People by the state of their login; who is not in memory counts as parked, until the clock says that the login is over."},
		{Name: peopleNow, Kind: "gauge",
			Help: "People of whom the store keeps anything."},
		{Name: resumesTotal, Kind: "counter", Labels: label("outcome"),
			Help: "Sessions spoken for without their stream, by what their first question came to; ended means that people have to log in again."},
		{Name: telegramCallsTotal, Kind: "counter", Labels: label("method", "outcome"),
			Help: "Calls of the Bot API."},
		{Name: telegramCallSeconds, Kind: "histogram", Labels: label("method"), bounds: []float64{.05, .1, .3, 1, 3, 10},
			Help: "How long the Bot API took; without getUpdates, which it holds on purpose."},
		{Name: telegramLimitedTotal, Kind: "counter",
			Help: "Calls of the Bot API that were answered with 429, too many requests."},
		{Name: telegramWaitTotal, Kind: "counter",
			Help: "Seconds that calls waited because of a 429, all of them together."},
		{Name: queueDepth, Kind: "gauge",
			Help: "Jobs that wait behind others of the same person, of all people."},
		{Name: queueBusy, Kind: "gauge",
			Help: "People for whom something is being done."},
		{Name: journalUnanswered, Kind: "gauge",
			Help: "Updates that were taken in and are not answered yet."},
		{Name: storeBytes, Kind: "gauge",
			Help: "The size of the store's file."},
		{Name: commitSeconds, Kind: "histogram", Labels: label("outcome"), bounds: []float64{.001, .003, .01, .03, .1, .3, 1, 3},
			Help: "How long it took to write to the store, the wait for the disk included."},
		{Name: buildInfo, Kind: "gauge", Labels: label("version", "goversion"),
			Help: "Always 1: which version runs."},
		{Name: secondPoller, Kind: "gauge",
			Help: "1 while another process takes this bot's updates."},
		{Name: readyNow, Kind: "gauge", Labels: label("component"),
			Help: "1 while a part is well, as /readyz has it; what is shown there as degraded is 0 too, though it takes nothing out of service. Without a value while it is not known."},
		{Name: kiteUp, Kind: "gauge",
			Help: "1 when the last call to Kite's server went well, 0 when it failed, as /readyz has it. Without a value before the first call, and ten minutes after the last one that failed."},
		{Name: surfaceChangesTotal, Kind: "counter", Labels: label("surface"),
			Help: "How often Kite's server was found to offer something else, by what it is now. The first look after a start counts, too."},
		{Name: holdingMismatches, Kind: "counter",
			Help: "Holdings read whose P&L, as Kite states it, fits neither count of their shares, with or without the pledged ones; they are counted all the same."},
	}
}

const (
	commandsTotal        = "kitebot_commands_total"
	commandSeconds       = "kitebot_command_seconds"
	toolSeconds          = "kitebot_tool_seconds"
	loginsTotal          = "kitebot_logins_total"
	sessionsNow          = "kitebot_sessions"
	peopleNow            = "kitebot_people"
	resumesTotal         = "kitebot_resumes_total"
	telegramCallsTotal   = "kitebot_telegram_calls_total"
	telegramCallSeconds  = "kitebot_telegram_call_seconds"
	telegramLimitedTotal = "kitebot_telegram_limited_total"
	telegramWaitTotal    = "kitebot_telegram_wait_seconds_total"
	queueDepth           = "kitebot_queue_depth"
	queueBusy            = "kitebot_queue_busy"
	journalUnanswered    = "kitebot_journal_unanswered"
	storeBytes           = "kitebot_store_bytes"
	commitSeconds        = "kitebot_store_commit_seconds"
	buildInfo            = "kitebot_build_info"
	secondPoller         = "kitebot_second_poller"
	readyNow             = "kitebot_ready"
	kiteUp               = "kitebot_kite_up"
	surfaceChangesTotal  = "kitebot_surface_changes_total"
	holdingMismatches    = "kitebot_holding_mismatches_total"
)
