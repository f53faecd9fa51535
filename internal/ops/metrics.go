package ops

import (
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Sets are the values that labels can have, in the rooms' own words. Any other
// value becomes "other", and any other command "none".
type Sets struct {
	Commands        []string // by name, without the slash
	CommandOutcomes []string
	Tools           []string // and what else is asked of Kite's server
	ToolOutcomes    []string
	LoginSteps      []string
	SessionStates   []string
	Resumes         []string // what the first question over a resumed session comes to
	Methods         []string // of the Bot API
	MethodOutcomes  []string
	Surfaces        []string // what Kite's server can be found to offer
}

// MetricsOptions are what Metrics are made of. All but Logger are required.
type MetricsOptions struct {
	Version string
	Sets    Sets
	Health  *Health
	Now     func() time.Time
	Logger  *slog.Logger // logs what cannot be read at a scrape; nil = discard
}

// Metrics measure one run of the process. The rooms tell it what happens
// through small interfaces of their own; what merely is (the length of a queue)
// is read at each scrape, see [Metrics.Watch]. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	health   *Health
	log      *slog.Logger
	kite     *Streak
	telegram *Streak

	commands, outcomes    labelSet
	tools, toolOutcomes   labelSet
	steps, resumes        labelSet
	states                labelSet
	methods, callOutcomes labelSet
	surfaces              labelSet

	commandsTotal, loginsTotal, resumesTotal, callsTotal    *prometheus.CounterVec
	surfaceChanges                                          *prometheus.CounterVec
	limitedTotal, waitTotal, mismatchesTotal                prometheus.Counter
	commandSeconds, toolSeconds, callSeconds, commitSeconds *prometheus.HistogramVec

	mu      sync.Mutex
	sources Sources
}

// NewMetrics makes metrics with a registry of their own.
func NewMetrics(o MetricsOptions) *Metrics {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := prometheus.NewRegistry()
	m := &Metrics{
		registry: r, health: o.Health, log: o.Logger, kite: NewStreak(o.Now), telegram: NewStreak(o.Now),

		commands: newLabelSet(none, o.Sets.Commands), outcomes: newLabelSet(other, o.Sets.CommandOutcomes),
		tools: newLabelSet(other, o.Sets.Tools), toolOutcomes: newLabelSet(other, o.Sets.ToolOutcomes),
		steps: newLabelSet(other, o.Sets.LoginSteps), resumes: newLabelSet(other, o.Sets.Resumes), states: newLabelSet(other, o.Sets.SessionStates),
		methods: newLabelSet(other, o.Sets.Methods), callOutcomes: newLabelSet(other, o.Sets.MethodOutcomes),
		surfaces: newLabelSet(other, o.Sets.Surfaces),

		commandsTotal: counter(r, commandsTotal), commandSeconds: histogram(r, commandSeconds), toolSeconds: histogram(r, toolSeconds),
		loginsTotal: counter(r, loginsTotal), resumesTotal: counter(r, resumesTotal),
		callsTotal: counter(r, telegramCallsTotal), callSeconds: histogram(r, telegramCallSeconds),
		limitedTotal: counter(r, telegramLimitedTotal).WithLabelValues(), waitTotal: counter(r, telegramWaitTotal).WithLabelValues(),
		mismatchesTotal: counter(r, holdingMismatches).WithLabelValues(),
		commitSeconds:   histogram(r, commitSeconds), surfaceChanges: counter(r, surfaceChangesTotal),
	}
	m.begin()
	r.MustRegister(scrape{m}, buildInfoGauge(o.Version), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin makes the series that alerts watch, at zero: the first of a kind would
// not count as a rise otherwise.
func (m *Metrics) begin() {
	for _, command := range m.commands.labels(none) {
		for _, outcome := range m.outcomes.labels() {
			m.commandsTotal.WithLabelValues(command, outcome)
		}
	}
	for _, step := range m.steps.labels() {
		m.loginsTotal.WithLabelValues(step)
	}
	for _, outcome := range m.resumes.labels() {
		m.resumesTotal.WithLabelValues(outcome)
	}
	for _, surface := range m.surfaces.labels() {
		m.surfaceChanges.WithLabelValues(surface)
	}
	for _, outcome := range []string{commitOK, commitFailed} {
		m.commitSeconds.WithLabelValues(outcome)
	}
}

// Handler serves the metrics in the form that Prometheus reads.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 3, ErrorHandling: promhttp.ContinueOnError})
}

// Page is what HTTP_ADDR serves: /healthz, /readyz and /metrics, and nothing
// else.
func Page(h *Health, m *Metrics) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz"} {
		mux.Handle(path, h.Handler())
	}
	mux.Handle("GET /metrics", m.Handler())
	return mux
}

// Kite judges Kite's server by the calls that were made to it.
func (m *Metrics) Kite() *Streak { return m.kite }

// Telegram judges the Bot API by the calls that were made to it.
func (m *Metrics) Telegram() *Streak { return m.telegram }

// metricOf finds a metric in the catalogue.
func metricOf(name string) Metric {
	for _, d := range Catalogue() {
		if d.Name == name {
			return d
		}
	}
	panic("no such metric: " + name) // every name is a constant, used by the first test
}

func counter(r *prometheus.Registry, name string) *prometheus.CounterVec {
	d := metricOf(name)
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.Labels)
	r.MustRegister(c)
	return c
}

func histogram(r *prometheus.Registry, name string) *prometheus.HistogramVec {
	d := metricOf(name)
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.bounds}, d.Labels)
	r.MustRegister(h)
	return h
}

func buildInfoGauge(version string) prometheus.Collector {
	d := metricOf(buildInfo)
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: d.Name, Help: d.Help}, d.Labels)
	g.WithLabelValues(version, runtime.Version()).Set(1)
	return g
}

// What a value becomes that is in no set.
const (
	none  = "none"
	other = "other"
)

// labelSet is a closed set of label values.
type labelSet struct {
	words []string          // as they were given
	label map[string]string // word → label value
	rest  string            // what every other word becomes
}

func newLabelSet(rest string, words []string) labelSet {
	c := labelSet{words: words, label: map[string]string{}, rest: rest}
	for _, w := range words {
		c.label[w] = labelValue(w)
	}
	return c
}

// of returns the label value of a word.
func (c labelSet) of(word string) string {
	if l, ok := c.label[word]; ok {
		return l
	}
	return c.rest
}

// labels returns all label values, and more.
func (c labelSet) labels(more ...string) []string {
	all := more
	for _, w := range c.words {
		all = append(all, c.label[w])
	}
	return all
}

// labelValue writes a word so that no query has to quote a blank.
func labelValue(word string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, word)
}

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
func (m *Metrics) Tool(tool, outcome string, took time.Duration, problem string) {
	m.toolSeconds.WithLabelValues(m.tools.of(tool), m.toolOutcomes.of(outcome)).Observe(took.Seconds())
	m.kite.Heard(problem)
}

// LoginStep is a step of a login.
func (m *Metrics) LoginStep(step string) { m.loginsTotal.WithLabelValues(m.steps.of(step)).Inc() }

// Resumed is what the first question over a resumed session came to.
func (m *Metrics) Resumed(outcome string) {
	m.resumesTotal.WithLabelValues(m.resumes.of(outcome)).Inc()
}

// Surface counts a change of what Kite's server offers, the first look after a
// start included.
func (m *Metrics) Surface(name string) {
	m.surfaceChanges.WithLabelValues(m.surfaces.of(name)).Inc()
}

// longPollMethod is the method that Telegram takes its time for on purpose.
const longPollMethod = "getUpdates"

// TelegramCall is a call of the Bot API; heard reports whether that answered at
// all.
func (m *Metrics) TelegramCall(method, outcome string, took time.Duration, heard bool) {
	label := m.methods.of(method)
	m.callsTotal.WithLabelValues(label, m.callOutcomes.of(outcome)).Inc()
	if method != longPollMethod {
		m.callSeconds.WithLabelValues(label).Observe(took.Seconds())
	}
	problem := ""
	if !heard {
		problem = outcome
	}
	m.telegram.Heard(problem)
}

// TelegramLimited is a call that was answered with 429.
func (m *Metrics) TelegramLimited() { m.limitedTotal.Inc() }

// TelegramWaited is how long one call waited because of a 429.
func (m *Metrics) TelegramWaited(waited time.Duration) { m.waitTotal.Add(max(0, waited.Seconds())) }

// What a commit comes to.
const (
	commitOK     = "ok"
	commitFailed = "failed"
)

// Commit is a write to the store.
func (m *Metrics) Commit(took time.Duration, ok bool) {
	outcome := commitOK
	if !ok {
		outcome = commitFailed
	}
	m.commitSeconds.WithLabelValues(outcome).Observe(took.Seconds())
}

// Sources say how things are at this moment. They are asked at each scrape and
// must not block. A nil one is left out.
type Sources struct {
	Sessions     func() map[string]int      // people, by the state of their login
	Queue        func() (waiting, busy int) // jobs that wait; people for whom one runs
	Store        func() (StoreFigures, error)
	SecondPoller func() bool
}

// StoreFigures are what a store holds.
type StoreFigures struct {
	Bytes      int64 // of its file
	People     int   // of whom anything is kept
	Unanswered int   // updates
}

// Watch sets what is read at each scrape from now on.
func (m *Metrics) Watch(s Sources) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources = s
}

// scrape collects what is, as opposed to what happened.
type scrape struct{ *Metrics }

// Describe implements prometheus.Collector.
func (s scrape) Describe(to chan<- *prometheus.Desc) {
	for _, name := range []string{
		sessionsNow, peopleNow, queueDepth, queueBusy, journalUnanswered, storeBytes, secondPoller, readyNow, kiteUp,
	} {
		to <- desc(name)
	}
}

// Collect implements prometheus.Collector.
func (s scrape) Collect(to chan<- prometheus.Metric) {
	gauge := func(name string, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc(name), prometheus.GaugeValue, value, labels...)
	}
	s.mu.Lock()
	from := s.sources
	s.mu.Unlock()
	for name, c := range s.health.Report().Components {
		if c.Status != StatusUnknown {
			gauge(readyNow, boolValue(c.Status == StatusOK), name)
		}
	}
	if c := componentOf(s.kite.Check()); c.Status != StatusUnknown {
		gauge(kiteUp, boolValue(c.Status == StatusOK))
	}
	if from.SecondPoller != nil {
		gauge(secondPoller, boolValue(from.SecondPoller()))
	}
	if from.Queue != nil {
		waiting, busy := from.Queue()
		gauge(queueDepth, float64(waiting))
		gauge(queueBusy, float64(busy))
	}
	if from.Sessions != nil {
		now := from.Sessions()
		for _, state := range s.states.words {
			gauge(sessionsNow, float64(now[state]), s.states.of(state))
		}
	}
	if from.Store == nil {
		return
	}
	figures, err := from.Store()
	if err != nil {
		s.log.Warn("the figures of the store cannot be read", "effect", "its metrics are missing for now", "err", err)
		return
	}
	gauge(storeBytes, float64(figures.Bytes))
	gauge(peopleNow, float64(figures.People))
	gauge(journalUnanswered, float64(figures.Unanswered))
}

func desc(name string) *prometheus.Desc {
	d := metricOf(name)
	return prometheus.NewDesc(d.Name, d.Help, d.Labels, nil)
}

func boolValue(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
