package app

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// Every package reports its own measurements.
var (
	_ mcpconn.Meter = (*ops.Metrics)(nil)
	_ session.Meter = (*ops.Metrics)(nil)
	_ store.Meter   = (*ops.Metrics)(nil)
)

// newMetrics makes the metrics of a run. Labels have no other values than the
// packages' own words.
func newMetrics(o Options, h *ops.Health) *ops.Metrics {
	sets := ops.Sets{
		CommandOutcomes: bot.Outcomes(),
		Tools:           mcpconn.Tools(), ToolOutcomes: mcpconn.Outcomes(),
		LoginSteps: session.Steps(), SessionStates: session.States(), Resumes: session.Resumes(),
		Methods: telegram.Methods(), MethodOutcomes: telegram.Outcomes(),
		Surfaces: mcpconn.Surfaces(),
	}
	for _, c := range command.All() {
		sets.Commands = append(sets.Commands, c.Name)
	}
	return ops.NewMetrics(ops.MetricsOptions{Version: o.Version, Sets: sets, Health: h, Now: o.Now, Logger: o.Logger})
}

// watch says where a scrape finds how things are.
func (r *instance) watch(client *telegram.Client, pool *session.Pool, b *bot.Bot) {
	r.metrics.Watch(ops.Sources{
		Sessions: pool.Counts, Queue: b.Queue, SecondPoller: client.Conflict,
		Store: func() (ops.StoreFigures, error) {
			f, err := r.file.Figures()
			return ops.StoreFigures(f), err
		},
	})
}

// intake returns nil while updates come in. While Telegram is silent, none can
// be fetched; a webhook's are brought, and taken, all the same. That Telegram
// cannot bring them leaves the bot in service: else it never could again.
func (r *instance) intake(client *telegram.Client) error {
	if err := client.Receiving(); err != nil {
		return err
	}
	if silence := r.metrics.Telegram().Lasting(); silence != nil {
		silence.Serves = r.WebhookURL != ""
		return silence
	}
	return undelivered(client.Undelivered())
}

// undelivered returns nil while Telegram delivers to the webhook.
func undelivered(u *telegram.Undelivered) error {
	if u == nil {
		return nil
	}
	return &ops.Problem{Detail: "cannot deliver: " + u.Words, Since: u.Since, Serves: true}
}

// loginProblem returns nil while Kite's server gives out login links that the bot
// knows. Without them it serves those who are logged in.
func loginProblem(pool *session.Pool) error {
	if unknown := pool.UnknownLink(); !unknown.Since.IsZero() {
		return &ops.Problem{Detail: "no login is possible: " + unknown.Seen, Since: unknown.Since, Serves: true}
	}
	return nil
}

// kite says what Kite's server offers while it answers, or is not asked. Without
// it the bot still serves: it says so to people, and keeps their logins.
func (r *instance) kite() error {
	surface, known := r.dialer.Surface(), r.metrics.Kite().Check()
	problem, failing := errors.AsType[*ops.Problem](known)
	switch {
	case failing:
		problem.Serves = true
		return problem
	case surface.Unfamiliar:
		return &ops.Problem{Detail: "the server offers nothing that this bot knows: nothing is read", Serves: true}
	case known != nil:
		return known
	default:
		return &ops.Note{Detail: surface.Name()}
	}
}

// outage logs that Kite is away, or back, and notifies the operators.
func (r *instance) outage(o ops.Outage, b *bot.Bot) {
	if o.Lasts == 0 {
		r.Logger.Warn("kite is away", "effect", "people who ask read that it is not answering; their logins are kept", "since", o.Since.UTC(), "cause", o.Cause)
	} else {
		r.Logger.Info("kite is back", "since", o.Since.UTC(), "away", o.Lasts)
	}
	b.Outage(bot.Outage(o))
}

// callback returns nil while browsers may come back to us, as far as is known.
func (r *instance) callback() error {
	since, why := r.dialer.CallbackRefused()
	if since.IsZero() {
		return nil
	}
	return &ops.Problem{Detail: "Kite's server does not take OAUTH_CALLBACK_URL, people paste the address: " + why, Since: since, Serves: true}
}

// operations shows operators in the chat what /readyz shows a machine.
type operations struct {
	health  *ops.Health
	version string
	since   time.Time
}

// Report implements [bot.Operations].
func (o operations) Report() bot.OpsReport {
	known := o.health.Report().Components
	report := bot.OpsReport{Version: o.version, Since: o.since}
	for _, name := range slices.SortedFunc(maps.Keys(known), byWeight) {
		c := known[name]
		report.Components = append(report.Components, bot.Component{
			Name: name, Well: c.Status == ops.StatusOK, Serves: c.Status == ops.StatusDegraded, Unknown: c.Status == ops.StatusUnknown, Since: c.Since, Detail: c.Detail,
		})
	}
	return report
}

// byWeight puts first what the bot cannot be without.
func byWeight(a, b string) int {
	first := []string{"store", "telegram"}
	weight := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i
		}
		return len(first)
	}
	if d := weight(a) - weight(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}
