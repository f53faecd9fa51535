package bot_test

import (
	"sync/atomic"
	"time"

	"kitebot/internal/bot"
)

// operations is what the process says of itself in these tests.
type operations struct{ silent, modes atomic.Bool }

func (o *operations) Report() bot.OpsReport {
	started := time.Date(2026, 11, 23, 3, 42, 0, 0, time.UTC)
	kite := bot.Component{Name: "kite", Well: true}
	if o.modes.Load() {
		kite.Detail = "tools with modes"
	}
	if o.silent.Load() {
		kite = bot.Component{Name: "kite", Serves: true, Since: started.Add(46 * time.Minute), Detail: "no answer for 2 min, 5 calls"}
	}
	return bot.OpsReport{
		Version: "v1.4.0", Since: started,
		Components: []bot.Component{{Name: "store", Well: true}, {Name: "telegram", Well: true}, kite},
	}
}
