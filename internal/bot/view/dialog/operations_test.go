package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

// opsErrors are so many errors, the newest first.
func opsErrors(n int) []dialog.OpsError {
	outcomes := []string{"unreachable", "failed", "malformed answer", "undelivered", "panic", "doubtful", "too slow", "unknown", "something new"}
	commands := []string{"holdings", "portfolio", "", "quote"}
	var all []dialog.OpsError
	for i := range n {
		all = append(all, dialog.OpsError{
			At: noon().Add(-time.Duration(i) * 97 * time.Minute), Ref: fmt.Sprintf("K7QX%02d", i), Command: commands[i%len(commands)],
			Outcome: outcomes[i%len(outcomes)], Took: time.Duration(i) * 1234 * time.Millisecond, Text: "get_holdings: unreachable: no answer in time",
		})
	}
	return all
}

func wellOps() dialog.OpsView {
	return dialog.OpsView{
		Version: "v1.4.0", Since: noon().Add(-76 * time.Hour), Now: noon(),
		Components: []dialog.OpsComponent{{Name: "store", Well: true}, {Name: "telegram", Well: true}, {Name: "kite", Well: true}},
		People:     41, LoggedIn: 17, Links: 2, Commands: 312,
	}
}

func troubledOps() dialog.OpsView {
	v := wellOps()
	v.Since, v.Waiting, v.Failed, v.Errors = noon().Add(-95*time.Minute), 3, 14, opsErrors(20)
	v.Components[2] = dialog.OpsComponent{Name: "kite", Serves: true, Since: noon().Add(-7 * time.Minute), Detail: "no answer (refused), 31 calls in a row"}
	return v
}

func downOps() dialog.OpsView {
	v := troubledOps()
	v.Incomplete, v.Errors = true, v.Errors[:2]
	v.Components[0] = dialog.OpsComponent{Name: "store", Since: noon().Add(-30 * time.Hour), Detail: "no space left on device"}
	v.Components[1] = dialog.OpsComponent{Name: "telegram", Detail: "another instance of this bot takes the updates"}
	return v
}

// hostileOps has text everywhere that tries to be something else.
func hostileOps() dialog.OpsView {
	const bad = "<b>x</b> & \u202e\"\n\x00 ₹ <a href=\"https://evil.example\">"
	long := strings.Repeat(bad, 50)
	v := dialog.OpsView{
		Version: long, Now: noon(), Waiting: 100, People: 1 << 40, LoggedIn: 1 << 40, Links: 1 << 40, Commands: 1 << 40, Failed: 1 << 40,
		Components: []dialog.OpsComponent{{Name: long, Detail: long}, {Name: "", Serves: true}},
	}
	for range 20 {
		v.Errors = append(v.Errors, dialog.OpsError{At: noon(), Ref: bad, Command: long, Outcome: long, Text: long})
	}
	return v
}

func TestOpsGolden(t *testing.T) {
	hostile := hostileOps()
	fresh := dialog.OpsView{Version: "dev", Since: noon(), Now: noon(), Components: wellOps().Components, NoNotices: true}
	unknown := wellOps()
	unknown.Components[2] = dialog.OpsComponent{Name: "kite", Unknown: true, Detail: "not asked yet"}
	since := noon().Add(-7 * time.Minute)
	goldens(t, map[string]view.Message{
		"admin_ops": dialog.Ops(wellOps()), "admin_ops_fresh": dialog.Ops(fresh), "admin_ops_bare": dialog.Ops(dialog.OpsView{Now: noon()}),
		"admin_ops_trouble": dialog.Ops(troubledOps()), "admin_ops_down": dialog.Ops(downOps()), "admin_ops_hostile": dialog.Ops(hostile),
		"admin_ops_errors": dialog.OpsErrors(opsErrors(20), noon()), "admin_ops_errors_none": dialog.OpsErrors(nil, noon()),
		"admin_ops_errors_hostile": dialog.OpsErrors(hostile.Errors, noon()),
		"admin_ops_error":          dialog.OpsOneError(opsErrors(4)[3]), "admin_ops_error_hostile": dialog.OpsOneError(hostile.Errors[0]),
		"admin_ops_error_unknown": dialog.NoSuchError("k7qx2m"), "admin_ops_unknown": dialog.Ops(unknown),
		"admin_ops_kite_away": dialog.KiteAway(since, noon(), "http 502"), "admin_ops_kite_errors": dialog.KiteAway(since, noon(), "errors"), "admin_ops_kite_back": dialog.KiteBack(since, 7*time.Minute),
		"admin_ops_kite_away_long": dialog.KiteAway(noon().Add(-30*time.Hour), noon(), "refused"), "admin_ops_kite_flaps": dialog.KiteFlaps(),
		"admin_ops_asks": dialog.AsksToBeLetIn(123456789, "Meera"), "admin_ops_asks_hostile": dialog.AsksToBeLetIn(1<<62, strings.Repeat("<b>\u202e", 50)), "admin_ops_asks_many": dialog.ManyAskToBeLetIn(),
	})
}

// The first page is one glance of a phone: few lines, however much goes wrong.
func TestOpsFitsAPhone(t *testing.T) {
	for _, v := range []dialog.OpsView{wellOps(), troubledOps(), downOps()} {
		m := dialog.Ops(v)
		if n := strings.Count(m.HTML, "\n"); n > 20 || len(m.Buttons) != 2 {
			t.Errorf("%d lines, %d rows of buttons:\n%s", n+1, len(m.Buttons), m.HTML)
		}
	}
}
