package ops_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/ops"
)

func sets() ops.Sets {
	return ops.Sets{
		Commands: []string{"holdings", "login"}, CommandOutcomes: []string{"ok", "no login"},
		Tools: []string{"get_holdings", "tools/list"}, ToolOutcomes: []string{"ok", "unreachable"},
		LoginSteps: []string{"link sent", "bound"}, SessionStates: []string{"none", "logged in"}, Resumes: []string{"ok", "ended"},
		Methods: []string{"getUpdates", "sendMessage"}, MethodOutcomes: []string{"ok", "limited"},
		Surfaces: []string{"tools", "OAuth, tools"},
	}
}

// oddities are what must never become a label value.
func oddities() []string {
	return []string{"", "made-up", "place_order", "holdings@other_bot", "77700123", "₹12,34,567", "a\nb", "x\"} 1\nkitebot_people 9", "\xff", strings.Repeat("long", 1000)}
}

// played are metrics with every event recorded, unusual ones too.
func played(t *testing.T, h *ops.Health) *ops.Metrics {
	t.Helper()
	m := ops.NewMetrics(ops.MetricsOptions{Version: "v1.2.3", Sets: sets(), Health: h, Now: time.Now})
	h.Set("store", func() error { return &ops.Note{Detail: "made-up"} })
	h.Set("telegram", func() error { return &ops.Problem{Detail: "no answer", Serves: true} })
	m.Watch(ops.Sources{
		Sessions: func() map[string]int { return map[string]int{"logged in": 3, "made-up": 9, "77700123": 1} },
		Queue:    func() (int, int) { return 5, 2 },
		Store: func() (ops.StoreFigures, error) {
			return ops.StoreFigures{Bytes: 65536, People: 12, Unanswered: 4}, nil
		},
		SecondPoller: func() bool { return true },
	})
	m.Command("holdings", "ok", 2*time.Second)
	m.Tool("get_holdings", "ok", 200*time.Millisecond, "")
	m.Tool("tools/list", "unreachable", 20*time.Second, "refused")
	m.LoginStep("link sent")
	m.Surface("OAuth, tools")
	m.Resumed("ended")
	m.TelegramCall("sendMessage", "limited", time.Millisecond, true)
	m.TelegramCall("getUpdates", "ok", 50*time.Second, true)
	m.TelegramLimited()
	m.TelegramWaited(1500 * time.Millisecond)
	m.TelegramWaited(-time.Second) // a clock that was set back
	m.Commit(2*time.Millisecond, true)
	m.Commit(time.Second, false)
	m.HoldingMismatches(2)
	for _, odd := range oddities() {
		m.Command(odd, odd, -time.Second)
		m.Tool(odd, odd, time.Second, odd)
		m.LoginStep(odd)
		m.Surface(odd)
		m.Resumed(odd)
		m.TelegramCall(odd, odd, time.Second, true)
	}
	return m
}

func exposed(t *testing.T, m *ops.Metrics) string {
	t.Helper()
	w := request(m.Handler(), http.MethodGet, "/metrics", "")
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// What was recorded is exposed, with the right values.
func TestMetrics(t *testing.T) {
	var h ops.Health
	text := exposed(t, played(t, &h))
	for _, want := range []string{
		`kitebot_commands_total{command="holdings",outcome="ok"} 1`,
		`kitebot_commands_total{command="login",outcome="no_login"} 0`,
		`kitebot_commands_total{command="none",outcome="ok"} 0`,
		`kitebot_commands_total{command="none",outcome="other"} 10`,
		`kitebot_command_seconds_bucket{command="holdings",le="1"} 0`,
		`kitebot_command_seconds_bucket{command="holdings",le="3"} 1`,
		`kitebot_tool_seconds_count{outcome="ok",tool="get_holdings"} 1`,
		`kitebot_tool_seconds_sum{outcome="unreachable",tool="tools_list"} 20`,
		`kitebot_logins_total{step="link_sent"} 1`,
		`kitebot_logins_total{step="bound"} 0`,
		`kitebot_sessions{state="logged_in"} 3`,
		`kitebot_sessions{state="none"} 0`,
		`kitebot_people 12`,
		`kitebot_resumes_total{outcome="ended"} 1`,
		`kitebot_telegram_calls_total{method="getUpdates",outcome="ok"} 1`,
		`kitebot_telegram_call_seconds_count{method="sendMessage"} 1`,
		`kitebot_telegram_limited_total 1`,
		`kitebot_telegram_wait_seconds_total 1.5`,
		`kitebot_queue_depth 5`,
		`kitebot_queue_busy 2`,
		`kitebot_journal_unanswered 4`,
		`kitebot_store_bytes 65536`,
		`kitebot_store_commit_seconds_count{outcome="ok"} 1`,
		`kitebot_store_commit_seconds_sum{outcome="failed"} 1`,
		`kitebot_second_poller 1`,
		`kitebot_ready{component="store"} 1`,
		`kitebot_ready{component="telegram"} 0`,
		`kitebot_kite_up 0`,
		`kitebot_surface_changes_total{surface="OAuth__tools"} 1`,
		`kitebot_surface_changes_total{surface="tools"} 0`,
		`kitebot_holding_mismatches_total 2`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, `call_seconds_count{method="getUpdates"}`) {
		t.Error("the time of a long poll is measured")
	}
	if !regexp.MustCompile(`kitebot_build_info\{goversion="go1\.[^"]*",version="v1\.2\.3"\} 1`).MatchString(text) {
		t.Error("the version is missing")
	}
}

// labelValues collects the values of every label, but for those of the build and
// the bounds of histograms.
func labelValues(text string) map[string][]string {
	values := map[string][]string{}
	for _, series := range regexp.MustCompile(`(?m)^(kitebot_[a-z_]+?)(?:_bucket|_sum|_count)?\{(.*)\} `).FindAllStringSubmatch(text, -1) {
		for _, l := range regexp.MustCompile(`([a-z]+)="([^"]*)"`).FindAllStringSubmatch(series[2], -1) {
			key := series[1] + " " + l[1]
			if l[1] != "le" && series[1] != "kitebot_build_info" && !slices.Contains(values[key], l[2]) {
				values[key] = append(values[key], l[2])
			}
		}
	}
	for _, v := range values {
		slices.Sort(v)
	}
	return values
}

// Whatever comes in, labels have values of the closed sets only, and the text
// holds nothing of what was odd.
func TestLabelsAreClosed(t *testing.T) {
	var h ops.Health
	text := exposed(t, played(t, &h))
	want := map[string][]string{
		"kitebot_commands_total command":        {"holdings", "login", "none"},
		"kitebot_commands_total outcome":        {"no_login", "ok", "other"},
		"kitebot_command_seconds command":       {"holdings", "none"},
		"kitebot_tool_seconds tool":             {"get_holdings", "other", "tools_list"},
		"kitebot_tool_seconds outcome":          {"ok", "other", "unreachable"},
		"kitebot_logins_total step":             {"bound", "link_sent", "other"},
		"kitebot_sessions state":                {"logged_in", "none"},
		"kitebot_resumes_total outcome":         {"ended", "ok", "other"},
		"kitebot_telegram_calls_total method":   {"getUpdates", "other", "sendMessage"},
		"kitebot_telegram_calls_total outcome":  {"limited", "ok", "other"},
		"kitebot_telegram_call_seconds method":  {"other", "sendMessage"},
		"kitebot_store_commit_seconds outcome":  {"failed", "ok"},
		"kitebot_ready component":               {"store", "telegram"},
		"kitebot_surface_changes_total surface": {"OAuth__tools", "other", "tools"},
	}
	if diff := cmp.Diff(want, labelValues(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, odd := range []string{"77700123", "₹", "made-up", "place_order", "long"} {
		if strings.Contains(strings.ReplaceAll(text, "How long", ""), odd) {
			t.Errorf("%q is in the metrics:\n%s", odd, text)
		}
	}
}

// Every metric of the catalogue is there, of its kind and with its words, and
// none besides but those of the library.
func TestCatalogue(t *testing.T) {
	var h ops.Health
	text := exposed(t, played(t, &h))
	want := map[string]string{}
	for _, m := range ops.Catalogue() {
		want[m.Name] = m.Kind
		if !strings.Contains(text, "# HELP "+m.Name+" "+m.Help+"\n") {
			t.Errorf("%s: its help is missing", m.Name)
		}
		if total := strings.HasSuffix(m.Name, "_total"); total != (m.Kind == "counter") {
			t.Errorf("%s is a %s", m.Name, m.Kind)
		}
	}
	got := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(line[1], "go_") && !strings.HasPrefix(line[1], "process_") {
			got[line[1]] = line[2]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A scrape in which the store cannot be read has everything else.
func TestStoreThatCannotBeCounted(t *testing.T) {
	var h ops.Health
	m := played(t, &h)
	m.Watch(ops.Sources{
		Store: func() (ops.StoreFigures, error) { return ops.StoreFigures{}, errors.New("the disk is gone") },
		Queue: func() (int, int) { return 1, 1 },
	})
	text := exposed(t, m)
	if strings.Contains(text, "\nkitebot_store_bytes") || !strings.Contains(text, "\nkitebot_queue_depth 1\n") {
		t.Errorf("%s", text)
	}
}

// Metrics may be recorded and sources replaced during a scrape.
func TestMetricsSideBySide(t *testing.T) {
	var h ops.Health
	m := played(t, &h)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				m.Command("login", "ok", time.Second)
				m.Tool("get_holdings", "ok", time.Second, "refused")
				m.Watch(ops.Sources{Queue: func() (int, int) { return 0, 0 }})
			}
		})
		all.Go(func() { exposed(t, m) })
	}
	all.Wait()
	if text := exposed(t, m); !strings.Contains(text, `kitebot_commands_total{command="login",outcome="ok"} 200`) {
		t.Errorf("%s", text)
	}
}
