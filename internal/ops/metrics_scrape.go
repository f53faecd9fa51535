package ops

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Sources say how things are at this moment. They are asked at each scrape and
// must not wait for anybody. A nil one is left out.
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
			gauge(readyNow, truth(c.Status == StatusOK), name)
		}
	}
	if c := componentOf(s.kite.Check()); c.Status != StatusUnknown {
		gauge(kiteUp, truth(c.Status == StatusOK))
	}
	if from.SecondPoller != nil {
		gauge(secondPoller, truth(from.SecondPoller()))
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
		s.log.Warn("the store cannot be counted: its metrics are missing until it can", "err", err)
		return
	}
	gauge(storeBytes, float64(figures.Bytes))
	gauge(peopleNow, float64(figures.People))
	gauge(journalUnanswered, float64(figures.Unanswered))
}

func desc(name string) *prometheus.Desc {
	d := described(name)
	return prometheus.NewDesc(d.Name, d.Help, d.Labels, nil)
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
