package app

import (
	"maps"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/ops"
)

// operations tells operators in the chat what /readyz tells a machine.
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
