package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
	"kitebot/internal/kite/wire"
	"kitebot/internal/sim/kite/sample"
)

// The people of the conversations. Asha and Ravi are on the list, Omar is an
// operator, Meera and Mallory are unlisted.
var people = map[string]int64{"asha": 11, "ravi": 22, "meera": 33, "mallory": 66, "omar": 99}

const group = -100500

// chat is the real bot and the real session pool over a Kite and a Telegram
// without a network.
type chat struct {
	addresses    map[int64][]string // where people's browsers ended after a login by OAuth
	t            *testing.T
	phone        *bottest.Phone
	kite         *sessiontest.Kite
	store        *sessiontest.MemStore
	data         *bottest.MemStore
	listed       map[int64]bool
	listsEmpty   bool                              // both lists are empty
	notices      bool                              // operators are written to
	operators    map[int64]bool                    // besides omar
	access       func(access.Policy) access.Policy // changes who is let in; nil for nothing
	bug          *buggy                            // stands before the phone; nil for none
	unauthorized bot.Messenger                     // of the bots that are opened from now on; nil for the phone
	started      func()                            // what happens between the start of the pool and of the bot; nil for nothing
	painter      *chart.Painter
	pool         *session.Pool
	bot          *bot.Bot
	logs         bytes.Buffer
	updates      int64
	id           int64 // of the bot, by its token
	refs         atomic.Int64
	rate         bot.Rate
	ops          operations
	meter        bot.Meter // of the bots that are opened from now on
}

func newChat(t *testing.T) *chat {
	painter, err := chart.New(1)
	if err != nil {
		t.Fatal(err)
	}
	return newChatWith(t, painter)
}

func newChatWith(t *testing.T, painter *chart.Painter) *chat {
	c := &chat{
		t: t, id: 1, phone: bottest.NewPhone(t), kite: sessiontest.NewKite(t),
		store: sessiontest.NewMemStore(), data: bottest.NewMemStore(), listed: map[int64]bool{people["asha"]: true, people["ravi"]: true},
		painter: painter, addresses: map[int64][]string{},
	}
	c.data.Sessions = c.recorded
	fillKite(c.kite)
	// 10:00 IST on a Monday on which the exchange trades.
	time.Sleep(time.Until(time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)))
	return c
}

// Shares of every kind: all pledged, some pledged, T1 within quantity and
// outside of it, and bought with borrowed money.
const (
	borrowed           = `{"tradingsymbol":"LT","exchange":"NSE","quantity":0,"average_price":0,"last_price":4010.9,"close_price":3990,"day_change":20.9,"pnl":0,"mtf":{"quantity":50,"average_price":3720.4}}`
	pledgedAndBorrowed = `[
		{"tradingsymbol":"HDFCBANK","exchange":"NSE","quantity":65,"realised_quantity":65,"collateral_quantity":200,"average_price":812.4,"last_price":986.35,"close_price":991.9,"day_change":-5.55,"pnl":11306.75},
		{"tradingsymbol":"LIQUIDBEES","exchange":"NSE","quantity":0,"realised_quantity":0,"collateral_quantity":350,"average_price":1000,"last_price":1000,"close_price":1000,"day_change":0,"pnl":0},
		{"tradingsymbol":"INFY","exchange":"NSE","quantity":14,"realised_quantity":10,"t1_quantity":4,"average_price":1450,"last_price":1500.5,"close_price":1490,"day_change":10.5,"pnl":707},
		{"tradingsymbol":"ITC","exchange":"NSE","quantity":0,"realised_quantity":0,"t1_quantity":8,"average_price":400,"last_price":402.85,"close_price":405.3,"day_change":-2.45,"pnl":22.8},
		` + borrowed + `]`
)

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
	fillAccount(k, "AB1234", sample.AccountOf("MK4021"))
	for _, tool := range []string{"get_positions", "get_orders", "get_trades", "get_mf_holdings", "get_gtts"} {
		k.Answer("EF9012", tool, "[]")
	}
	k.Answer("AB1234", "get_quotes", `{
		"NSE:INFY":{"instrument_token":408065,"timestamp":"2026-11-23T10:00:00+05:30","last_price":1500.5,"volume":1234567,"ohlc":{"open":1492,"high":1510,"low":1488.05,"close":1490},"depth":{"buy":[{"price":1500.45,"quantity":120,"orders":3}],"sell":[{"price":1500.5,"quantity":75,"orders":2}]}},
		"NSE:NIFTY BANK":{"instrument_token":260105,"last_price":51234.55,"ohlc":{"open":51000,"high":51300.1,"low":50950,"close":51100}}}`)
	watched := ""
	for i := range 12 {
		watched += fmt.Sprintf(`"NSE:STOCK%02d":{"last_price":%d,"ohlc":{"close":100}},`, i+1, 95+i)
	}
	k.Answer("AB1234", "get_ohlc", `{`+watched+`"NSE:TITAN":{"instrument_token":897537,"last_price":3870.15},"NSE:M&M":{"instrument_token":519937,"last_price":3714.2},
		"NSE:INFY":{"instrument_token":408065,"last_price":1500.5,"ohlc":{"open":1492,"high":1510,"low":1488.05,"close":1490}},
		"NSE:NIFTY BANK":{"instrument_token":260105,"last_price":51234.55,"ohlc":{"open":51000,"high":51300.1,"low":50950,"close":51100}}}`)
	k.Answer("AB1234", "get_ltp", `{"NSE:INFY":{"instrument_token":408065,"last_price":1500.5}}`)
	k.Answer("AB1234", "search_instruments", `[
		{"id":"NSE:TATASTEEL","instrument_token":1,"exchange_token":1,"tradingsymbol":"TATASTEEL","exchange":"NSE","name":"TATA STEEL","isin":"INE000X01011","segment":"NSE","instrument_type":"EQ","active":true},
		{"id":"NSE:TATACHEM","instrument_token":2,"exchange_token":2,"tradingsymbol":"TATACHEM","exchange":"NSE","name":"TATA CHEMICALS","isin":"INE000X01029","segment":"NSE","instrument_type":"EQ","active":true}]`)
	k.Answer("AB1234", "get_historical_data", `[
		{"date":"2026-11-19T00:00:00+05:30","open":1470,"high":1490,"low":1465,"close":1485,"volume":100000,"oi":0},
		{"date":"2026-11-20T00:00:00+05:30","open":1485,"high":1495,"low":1480,"close":1490,"volume":120000,"oi":0},
		{"date":"2026-11-23T00:00:00+05:30","open":1492,"high":1510,"low":1488.05,"close":1500.5,"volume":123456,"oi":0}]`)
	k.Answer("AB1234", wire.ListTools, `{"tools":[{"name":"get_holdings","description":"Your holdings"},{"name":"place_order","description":"Places an <order> & more"},{"name":"login","description":"Log in"},{"name":"brew_tea","description":""}]}`)
}

// fillAccount gives a Kite user everything else that an account has.
func fillAccount(k *sessiontest.Kite, user string, a sample.Account) {
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
		Dialer: c.kite, Authorizer: c.kite, Store: c.store, LoginHosts: sessiontest.Hosts(),
		// How often the pool looks in one moment is up to the scheduler: no look waits for a token.
		Timing: session.Timing{BackgroundRate: 1000},
		Notify: func(e session.Event) { c.bot.Notify(e) },
	})
	c.bot = c.newBot()
	if err := c.pool.Start(); err != nil {
		c.t.Fatal(err)
	}
	if c.started != nil {
		c.started()
	}
	if err := c.bot.Resume(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chat) newBot() *bot.Bot {
	o := bot.Options{
		ID: c.id, Username: "kite_bot", Accounts: c.pool,
		Messenger: c.phone, Presses: c.phone, Unauthorized: c.unauthorized, Journal: c.data, Prefs: c.data, Painter: c.painter,
		Memory: c.data, Access: c.letIn(),
		Rate: c.rate, Meter: c.meter, Operations: &c.ops,
		Logger: slog.New(slog.NewTextHandler(&c.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		NewRef: func() string { return fmt.Sprintf("REF%d", c.refs.Add(1)) },
	}
	if c.bug != nil {
		o.Messenger, o.Presses = c.bug, c.bug
	}
	if c.access != nil {
		o.Access = c.access(o.Access)
	}
	o.Messenger = buttonCheck{o.Messenger, c.t}
	return bot.New(o)
}

// buttonCheck fails the test for a message with a button that does nothing.
type buttonCheck struct {
	bot.Messenger
	t *testing.T
}

func (b buttonCheck) Send(ctx context.Context, chat int64, m view.Message) (int, error) {
	b.check(m)
	return b.Messenger.Send(ctx, chat, m)
}

func (b buttonCheck) Edit(ctx context.Context, chat int64, message int, m view.Message) error {
	b.check(m)
	return b.Messenger.Edit(ctx, chat, message, m)
}

func (b buttonCheck) check(m view.Message) {
	for _, button := range slices.Concat(m.Buttons...) {
		name, rest, _ := strings.Cut(button.Data, ":")
		action, _, _ := strings.Cut(rest, ":")
		c, _ := command.All().Find(name)
		_, own := c.Actions[action]
		every := c.Name != "" && slices.Contains([]string{"run", "again", "cancel"}, action)
		if button.Data != "" && !own && !every {
			b.t.Errorf("the button %q does nothing: no command has the action of %q", button.Text, button.Data)
		}
	}
}

func (c *chat) letIn() access.Policy {
	if c.listsEmpty {
		return access.Policy{Store: c.data, Unclaimed: true}
	}
	a := access.Policy{
		Listed: func(id int64) bool { return c.listed[id] },
		Admin:  func(id int64) bool { return id == people["omar"] || c.operators[id] },
		Store:  c.data,
	}
	if c.notices {
		a.Admins = []int64{people["omar"]}
	}
	return a
}

// recorded returns who has a session record.
func (c *chat) recorded() []int64 {
	var all []int64
	for _, id := range people {
		if rec, err := c.store.Load(id); err != nil || !cmp.Equal(rec, session.Record{Person: id}) && !cmp.Equal(rec, session.Record{}) {
			all = append(all, id)
		}
	}
	return all
}

func (c *chat) close() {
	c.bot.Close()
	c.pool.Close()
}

func (c *chat) types(who int64, inGroup bool, text string) {
	u := bot.Update{Chat: who, Private: true, From: who, Name: nameOf(who), Text: text, Message: c.phone.Wrote(who)}
	if inGroup {
		u.Chat, u.Private = group, false
	}
	c.take(u)
}

// unread is a message without text that the bot reads.
func (c *chat) unread(who int64, why bot.Unread) {
	c.take(bot.Update{Chat: who, Private: true, From: who, Name: nameOf(who), Message: c.phone.Wrote(who), Unread: why})
}

// nameOf is a person's first name in Telegram.
func nameOf(who int64) string {
	for name, id := range people {
		if id == who {
			return strings.ToUpper(name[:1]) + name[1:]
		}
	}
	return ""
}

func (c *chat) press(who int64, message int, data string) {
	if rec, err := c.store.Load(who); err == nil && len(rec.Links) > 0 {
		// Not wherever it stands: a ref is random, and one in five thousand has these letters.
		if before, ok := strings.CutSuffix(data, ":REF"); ok {
			data = before + ":" + rec.Links[len(rec.Links)-1].Ref
		}
	}
	c.take(bot.Update{Chat: who, Private: true, From: who, Name: nameOf(who), Message: message, Press: "press", Data: data})
}

// take is what the intake does: journal first, then dispatch.
func (c *chat) take(u bot.Update) {
	c.updates++
	u.ID = c.updates
	fresh, err := c.data.Take(c.id, []bot.Update{u})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, u := range fresh {
		c.bot.Dispatch(u)
	}
}

// withChat plays with the real bot where time is the test's.
func withChat(t *testing.T, test func(t *testing.T, c *chat)) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		test(t, c)
		c.close()
		c.checkLogs()
	})
}

// says lets a person write and returns what all people see of it.
func (c *chat) says(who, text string) string {
	c.types(people[who], false, text)
	synctest.Wait()
	return c.phone.Log()
}

// elapse lets a time pass, and what happens in it.
func (c *chat) elapse(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// logIn logs a person in, in the browser and here.
func (c *chat) logIn(who, user string) {
	c.says(who, "/login")
	c.browse(people[who], user, false)
	c.elapse(2 * time.Second)
	c.phone.Log()
}

// known are all people of whom anything is kept.
func (c *chat) known() []int64 {
	c.t.Helper()
	all, err := c.data.People()
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

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
