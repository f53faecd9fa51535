package bot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/chart"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
	simkite "kitebot/internal/sim/kite"
)

var update = flag.Bool("update", false, "rewrite the golden conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A conversation is a text file that reads like a chat. Its lines are of three
// kinds:
//
//	asha: /login            what a person types; "asha in a group: …" there
//	asha types 9 times: /x  at once
//	asha presses Done       a button, of the newest message that shows it
//	* 2s pass               what happens in the world; see world below
//
// What follows a line, up to the next, is what people see of it. -update
// writes that part anew.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = newChat(t).play(string(script)) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(script), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", file, diff)
			}
		})
	}
}

// The people of the conversations. Mallory is not let in.
var people = map[string]int64{"asha": 11, "ravi": 22, "mallory": 66}

const group = -100500

// chat is the real bot and the real session pool over a Kite and a Telegram
// without a network.
type chat struct {
	t       *testing.T
	phone   *bottest.Phone
	kite    *sessiontest.Kite
	store   *sessiontest.MemStore
	journal *bottest.MemJournal
	prefs   *bottest.MemPrefs
	painter *chart.Painter
	pool    *session.Pool
	bot     *bot.Bot
	logs    bytes.Buffer
	updates int64
	refs    int
	rate    bot.Rate
}

func newChat(t *testing.T) *chat {
	c := &chat{
		t: t, phone: bottest.NewPhone(t), kite: sessiontest.NewKite(t),
		store: sessiontest.NewMemStore(), journal: bottest.NewMemJournal(), prefs: bottest.NewMemPrefs(),
	}
	fillKite(c.kite)
	var err error
	if c.painter, err = chart.New(1); err != nil {
		t.Fatal(err)
	}
	// 10:00 IST on a Monday on which the exchange trades.
	time.Sleep(time.Until(time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)))
	return c
}

// fillKite gives two accounts visibly different holdings.
func fillKite(k *sessiontest.Kite) {
	k.Answer("AB1234", "get_holdings", `[
		{"tradingsymbol":"INFY","exchange":"NSE","isin":"INE009A01021","quantity":40,"t1_quantity":2,"average_price":1450,"last_price":1500.5,"close_price":1490,"day_change":10.5},
		{"tradingsymbol":"M&M","exchange":"NSE","isin":"INE101A01026","quantity":5,"average_price":3000,"last_price":2900,"close_price":2950,"day_change":-50},
		{"tradingsymbol":"OLDCO","exchange":"BSE","isin":"INE000A00001","quantity":100,"average_price":12.5,"last_price":0,"close_price":0}]`)
	var many []string
	for i := range 23 {
		many = append(many, fmt.Sprintf(`{"tradingsymbol":"RAVI%02d","exchange":"NSE","quantity":%d,"average_price":90,"last_price":100,"close_price":99,"day_change":1}`, i+1, 23-i))
	}
	k.Answer("CD5678", "get_holdings", "["+strings.Join(many, ",")+"]")
	k.Answer("EF9012", "get_holdings", "[]")
	fillAccount(k, "AB1234", simkite.Accounts()[0])
	for _, tool := range []string{"get_positions", "get_orders", "get_trades", "get_mf_holdings", "get_gtts"} {
		k.Answer("EF9012", tool, "[]")
	}
	k.Answer("AB1234", "get_quotes", `{
		"NSE:INFY":{"instrument_token":408065,"timestamp":"2026-11-23T10:00:00+05:30","last_price":1500.5,"volume":1234567,"ohlc":{"open":1492,"high":1510,"low":1488.05,"close":1490},"depth":{"buy":[{"price":1500.45,"quantity":120,"orders":3}],"sell":[{"price":1500.5,"quantity":75,"orders":2}]}},
		"NSE:NIFTY BANK":{"instrument_token":260105,"last_price":51234.55,"ohlc":{"open":51000,"high":51300.1,"low":50950,"close":51100}}}`)
	k.Answer("AB1234", "get_ohlc", `{"NSE:INFY":{"instrument_token":408065,"last_price":1500.5,"ohlc":{"open":1492,"high":1510,"low":1488.05,"close":1490}},
		"NSE:NIFTY BANK":{"instrument_token":260105,"last_price":51234.55,"ohlc":{"open":51000,"high":51300.1,"low":50950,"close":51100}}}`)
	k.Answer("AB1234", "get_ltp", `{"NSE:INFY":{"instrument_token":408065,"last_price":1500.5}}`)
	k.Answer("AB1234", "search_instruments", `[
		{"id":"NSE:TATASTEEL","instrument_token":1,"exchange_token":1,"tradingsymbol":"TATASTEEL","exchange":"NSE","name":"TATA STEEL","isin":"INE000X01011","segment":"NSE","instrument_type":"EQ","active":true},
		{"id":"NSE:TATACHEM","instrument_token":2,"exchange_token":2,"tradingsymbol":"TATACHEM","exchange":"NSE","name":"TATA CHEMICALS","isin":"INE000X01029","segment":"NSE","instrument_type":"EQ","active":true}]`)
	k.Answer("AB1234", "get_historical_data", `[
		{"date":"2026-11-19T00:00:00+05:30","open":1470,"high":1490,"low":1465,"close":1485,"volume":100000,"oi":0},
		{"date":"2026-11-20T00:00:00+05:30","open":1485,"high":1495,"low":1480,"close":1490,"volume":120000,"oi":0},
		{"date":"2026-11-23T00:00:00+05:30","open":1492,"high":1510,"low":1488.05,"close":1500.5,"volume":123456,"oi":0}]`)
	k.Answer("AB1234", session.ListTools, `{"tools":[{"name":"get_holdings","description":"Your holdings"},{"name":"place_order","description":"Places an <order> & more"},{"name":"login","description":"Log in"},{"name":"brew_tea","description":""}]}`)
}

// fillAccount gives a Kite user everything else that an account has.
func fillAccount(k *sessiontest.Kite, user string, a simkite.Account) {
	for tool, value := range map[string]any{
		"get_positions": slices.Concat(a.Positions.Day, a.Positions.Net), "get_orders": a.Orders, "get_trades": a.Trades,
		"get_order_history": a.Orders[:1], "get_order_trades": a.Trades[:1],
		"get_margins": a.Margins, "get_mf_holdings": a.MFHoldings, "get_gtts": a.GTTs,
	} {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		k.Answer(user, tool, string(text))
	}
}

func (c *chat) open() {
	c.pool = session.New(session.Options{
		Dialer: c.kite, Store: c.store, LoginHosts: []string{sessiontest.Host},
		Notify: func(e session.Event) { c.bot.Notify(e) },
	})
	c.bot = bot.New(bot.Options{
		ID: 1, Username: "kite_bot", Accounts: c.pool,
		Messenger: c.phone, Presses: c.phone, Journal: c.journal, Prefs: c.prefs, Painter: c.painter,
		Allowed: func(id int64) bool { return id != people["mallory"] },
		Rate:    c.rate,
		Logger:  slog.New(slog.NewTextHandler(&c.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		NewRef:  func() string { c.refs++; return fmt.Sprintf("REF%d", c.refs) },
	})
	if err := c.pool.Start(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.bot.Resume(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chat) close() {
	c.bot.Close()
	c.pool.Close()
}

// play runs a script and returns it with what people saw.
func (c *chat) play(script string) string {
	c.open()
	defer c.close()
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n\n")
		case isStep(line):
			c.step(line)
			synctest.Wait()
			seen := c.tidy(c.phone.Log())
			if seen == "" {
				seen = "(nothing)\n"
			}
			out.WriteString(line + "\n\n" + seen + "\n")
		}
	}
	c.checkLogs()
	return strings.TrimRight(out.String(), "\n") + "\n"
}

var (
	typed   = regexp.MustCompile(`^(\w+)( in a group)?: (.+)$`)
	repeats = regexp.MustCompile(`^(\w+) types (\d+) times: (.+)$`)
	presses = regexp.MustCompile(`^(\w+) presses (.+)$`)
	forges  = regexp.MustCompile(`^(\w+) forges (\S+) on #(\d+)$`)
	browser = regexp.MustCompile(`^\* (\w+)'s browser logs in as (\w+)( by the first link)?$`)
	passes  = regexp.MustCompile(`^\* (\w+) pass(?:es)?$`)
	deletes = regexp.MustCompile(`^\* (\w+) deletes #(\d+)$`)
	refs    = regexp.MustCompile(`login:done:\w+`)
	links   = regexp.MustCompile(`https://kite\.zerodha\.com/connect/login\S+session_id%3D`)
)

func isStep(line string) bool {
	if strings.HasPrefix(line, "* ") {
		return true
	}
	name, _, _ := strings.Cut(line, " ")
	_, known := people[strings.TrimSuffix(name, ":")]
	return known
}

// tidy replaces what is random or secret.
func (c *chat) tidy(seen string) string {
	seen = refs.ReplaceAllString(seen, "login:done:…")
	seen = links.ReplaceAllString(seen, "the login page of ")
	for name, id := range people {
		seen = strings.ReplaceAll(seen, fmt.Sprintf("to %d:", id), "to "+name+":")
	}
	return strings.ReplaceAll(seen, fmt.Sprintf("to %d:", group), "to the group:")
}

func (c *chat) step(line string) {
	if m := typed.FindStringSubmatch(line); m != nil {
		c.types(people[m[1]], m[2] != "", m[3])
		return
	}
	if m := repeats.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[2])
		for range n {
			c.types(people[m[1]], false, m[3])
		}
		return
	}
	if m := presses.FindStringSubmatch(line); m != nil {
		message, b, ok := c.phone.Button(people[m[1]], m[2])
		if !ok || b.Data == "" {
			c.t.Errorf("%s: there is no such button to press", line)
			return
		}
		c.press(people[m[1]], message, b.Data)
		return
	}
	if m := forges.FindStringSubmatch(line); m != nil {
		message, _ := strconv.Atoi(m[3])
		c.press(people[m[1]], message, m[2])
		return
	}
	c.world(line)
}

func (c *chat) types(who int64, inGroup bool, text string) {
	u := bot.Update{Chat: who, Private: true, From: who, Name: "Asha", Text: text, Message: c.phone.Wrote(who)}
	if inGroup {
		u.Chat, u.Private = group, false
	}
	c.take(u)
}

func (c *chat) press(who int64, message int, data string) {
	c.take(bot.Update{Chat: who, Private: true, From: who, Message: message, Press: "press", Data: data})
}

// take is what the intake does: journal first, then dispatch.
func (c *chat) take(u bot.Update) {
	c.updates++
	u.ID = c.updates
	fresh, err := c.journal.Take(1, []bot.Update{u})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, u := range fresh {
		c.bot.Dispatch(u)
	}
}

// world lets something happen.
func (c *chat) world(line string) {
	if m := browser.FindStringSubmatch(line); m != nil {
		c.browse(people[m[1]], m[2], m[3] != "")
		return
	}
	if m := deletes.FindStringSubmatch(line); m != nil {
		message, _ := strconv.Atoi(m[2])
		c.phone.Delete(people[m[1]], message)
		return
	}
	if m := passes.FindStringSubmatch(line); m != nil {
		d, err := time.ParseDuration(m[1])
		if err != nil {
			c.t.Fatalf("%s: %v", line, err)
		}
		time.Sleep(d)
		return
	}
	does := map[string]func(){
		"* Kite is down":               func() { c.kite.Down(true) },
		"* Kite is up":                 func() { c.kite.Down(false) },
		"* Kite fails":                 func() { c.kite.Mute(true) },
		"* Kite works":                 func() { c.kite.Mute(false) },
		"* Kite restarts":              c.kite.Restart,
		"* Kite ends no session":       func() { c.kite.Undying(true) },
		"* Kite ends sessions again":   func() { c.kite.Undying(false) },
		"* Kite forgets how to resume": func() { c.kite.NoResume(true) },
		"* Kite takes a second":        func() { c.kite.Before(func(string) { time.Sleep(time.Second) }) },
		"* Kite takes an hour":         func() { c.kite.Before(func(string) { time.Sleep(time.Hour) }) },
		"* Kite answers garbage":       func() { c.kite.Answer("AB1234", "get_holdings", "<html>busy</html>") },
		"* Kite panics the bot":        func() { c.kite.Before(func(string) { panic("a bug") }) },
		"* the streams drop":           c.kite.DropStreams,
		"* Kite has no funds to tell":  func() { c.kite.Answer("AB1234", "get_margins", "null") },
		"* Telegram is down": func() {
			c.phone.Break(&bot.DeliveryError{Cause: bot.DeliveryFailed, Err: errors.New("no answer")})
		},
		"* Telegram is up":   func() { c.phone.Break(nil) },
		"* the bot restarts": func() { c.close(); c.open() },
		"* everybody may ask 3 times a minute": func() {
			c.close()
			c.rate = bot.Rate{N: 3, Per: time.Minute}
			c.open()
		},
	}[line]
	if does == nil {
		c.t.Fatalf("%q: nothing like that happens here", line)
	}
	does()
}

// browse finishes the person's newest link, or the first they were given.
func (c *chat) browse(who int64, user string, first bool) {
	rec, err := c.store.Load(who)
	if err != nil {
		c.t.Fatal(err)
	}
	var all []kite.Link
	for _, l := range rec.Links {
		all = append(all, l.URL)
	}
	switch {
	case len(all) == 0 && rec.Login != nil: // the link they are logged in by
		all = append(all, kite.RestoreLink(sessiontest.LinkOf(rec.Login.Session)))
	case len(all) == 0:
		c.t.Fatal("there is no link to open")
	}
	if first {
		c.kite.Browser(all[0], user)
		return
	}
	c.kite.Browser(all[len(all)-1], user)
}

// checkLogs looks for what must never be logged: session ids, links, amounts.
func (c *chat) checkLogs() {
	for _, secret := range []string{"secret-session", "connect/login", "1,50", "63,021", "Name of"} {
		if strings.Contains(c.logs.String(), secret) {
			c.t.Errorf("%q is in the log:\n%s", secret, c.logs.String())
		}
	}
}
