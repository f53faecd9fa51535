package bot_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// A disk is what a killed process leaves.
type disk struct {
	data    *bottest.MemStore
	records map[int64]session.Record
}

// disk returns what is on disk now.
func (c *chat) disk() disk {
	c.t.Helper()
	d := disk{data: c.data.Copy(), records: map[int64]session.Record{}}
	for _, id := range people {
		r, err := c.store.Load(id)
		if err != nil {
			c.t.Fatal(err)
		}
		d.records[id] = r
	}
	return d
}

// decided is what people decided of what is on a disk: nothing that reading a
// login changes.
func (d disk) decided(t testing.TB) map[string]string {
	t.Helper()
	access, err := d.data.AccessRecords()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"access": fmt.Sprint(access)}
	for name, id := range people {
		prefs, err := d.data.LoadPrefs(id)
		if err != nil {
			t.Fatal(err)
		}
		r := d.records[id]
		user := ""
		if r.Login != nil {
			user = fmt.Sprint(r.Login.User.UserID, r.Login.Confirmed)
		}
		all[name] = fmt.Sprint(prefs, user, len(r.Links), len(r.Replaced), len(r.Ending), r.Leaving, r.Last.UserID)
	}
	return all
}

// killed starts another process with what is on a disk. The old one goes on for a
// moment, with a disk of its own.
func (c *chat) killed(d disk) {
	c.t.Helper()
	c.close()
	c.data, c.store = d.data, sessiontest.NewMemStore()
	for _, r := range d.records {
		if err := c.store.Save(r); err != nil {
			c.t.Fatal(err)
		}
	}
	c.open()
}

// An act is something that a person asks for, with what comes before it.
type act struct {
	who    string   // asha, unless it is for operators
	before []string // steps, once asha is logged in
	typed  string
	data   string // of a press; typed is "" then
}

// acts are all commands and all actions of all commands, with arguments that
// make those that change something change it.
func acts() map[string]act {
	args := map[string]string{
		"quote": "INFY", "watch": "INFY", "settings": "tables native", "admin": "block 22", "chart": "INFY", "search": "tata",
		"quote:pick": "NSE:INFY=tata", "watch:remove": "NSE:INFY", "settings:tables": "native", "settings:amounts": "hide", "settings:warnings": "off",
		"login:use": "CD5678", "login:drop": "CD5678", "admin:approve": "66:1", "admin:block": "66:1", "admin:unblock": "66:1", "admin:remove": "66:1",
	}
	changed := []string{"* Kite restarts", "asha: /holdings", "* asha's browser logs in as CD5678", "* 2s pass"}
	before := map[string][]string{
		"show": {"asha: /hide"}, "watch:remove": {"asha: /watch infy"}, "quote:unwatch": {"asha: /watch infy"},
		"login:use": changed, "login:drop": changed, "login": {"asha: /logout"}, "login:done": {"asha: /logout", "asha: /login", "* asha's browser logs in as AB1234"},
		"logout:retry": {"* Kite ends no session", "asha: /logout", "* Kite ends sessions again"},
		"logout:earlier": {
			"* Kite keeps one token for a user", "* Kite ends no session", "asha: /logout", "asha: /login", "* asha's browser logs in as AB1234", "* 2s pass",
			"* Kite ends sessions again",
		},
		"admin:approve": {"mallory: /start"}, "admin:block": {"mallory: /start"},
		"admin:unblock": {"omar: /admin block 66"}, "admin:remove": {"omar: /admin approve 66"},
	}
	all := map[string]act{}
	for _, c := range command.All() {
		who := "asha"
		if c.Admin {
			who = "omar"
		}
		all[c.Name] = act{who: who, before: before[c.Name], typed: strings.TrimSpace("/" + c.Name + " " + args[c.Name])}
		for action := range c.Actions {
			key := c.Name + ":" + action
			arg := cmp.Or(args[key], "NSE:INFY")
			if strings.HasPrefix(key, "chart:pick") {
				arg = args["quote:pick"]
			}
			all[key] = act{who: who, before: before[key], data: key + ":" + arg}
		}
	}
	return all
}

// again are the commands that change something and are carried out again after a
// kill: a login link is an offer, and a link made again takes the place of one
// that was not shown. A login that Kite has confirmed is not asked for twice.
var again = []string{"login", "login:done", "login:new", "login:restart"}

// actors are the commands that change something and are carried out once.
var actors = []string{
	"admin", "admin:approve", "admin:block", "admin:remove", "admin:unblock",
	"chart:pick1D", "chart:pick1M", "chart:pick1Y", "chart:pick5D", "chart:pick5Y", "chart:pick6M",
	"forget:yes", "hide", "login:drop", "login:use", "logout", "logout:earlier", "logout:retry", "logout:yes", "quote:pick", "quote:unwatch", "quote:watch",
	"settings", "settings:amounts", "settings:nowarning", "settings:tables", "settings:warnings", "show", "watch", "watch:remove",
}

// A process is killed while it delivers the answer to a command, for each that
// there is. If the command has changed something, and a later decision changed it
// back, the next process leaves it at that, and says in a line that the command
// had run. Which commands change something is found out, not declared.
func TestKilledBetweenRunningAndDelivering(t *testing.T) {
	painter, err := chart.New(1)
	if err != nil {
		t.Fatal(err)
	}
	var changing []string
	for key, a := range acts() {
		t.Run(key, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if newChatWith(t, painter).changesOnce(key, a) {
					changing = append(changing, key)
				}
			})
		})
	}
	slices.Sort(changing)
	want := slices.Sorted(slices.Values(slices.Concat(again, actors)))
	if diff := gocmp.Diff(want, changing); diff != "" {
		t.Errorf("these commands change something (-want +got):\n%s", diff)
	}
}

// changesOnce plays an act and a kill, and reports whether the act changes something.
func (c *chat) changesOnce(key string, a act) bool {
	c.open()
	defer func() { c.close() }()
	c.logIn("asha", "AB1234")
	c.steps(a.before...)
	earlier := c.disk()
	c.phone.Hold(people[a.who], true)
	if a.data != "" {
		c.press(people[a.who], 1, a.data)
	} else {
		c.types(people[a.who], false, a.typed)
	}
	c.elapse(10 * time.Second)
	at := c.disk()
	switch {
	case gocmp.Equal(earlier.decided(c.t), at.decided(c.t)):
		return false
	case slices.Contains(again, key):
		return true
	}
	silent := key == "forget:yes" || key == "login:use" // the journal forgets the one; an event tells of the other
	if c.unanswered() == 0 && !silent {
		c.t.Error("the answer is not held")
	}
	earlier.data.MemJournal = at.data.MemJournal
	at.data = earlier.data
	if key != "logout:retry" { // the pool retries that by itself
		at.records = earlier.records
	}
	want := at.decided(c.t)
	c.killed(at)
	c.phone.Log()
	c.phone.Hold(people[a.who], false)
	c.elapse(time.Minute)
	if diff := gocmp.Diff(want, c.disk().decided(c.t)); diff != "" {
		c.t.Errorf("it is carried out again by the next process (-want +got):\n%s", diff)
	}
	name, _, _ := strings.Cut(key, ":")
	seen := c.phone.Log()
	if !silent && strings.Count(seen, "I carried out /"+name+", but was restarted") != 1 {
		c.t.Errorf("after the restart its person sees\n%s", seen)
	}
	if n := c.unanswered(); n != 0 {
		c.t.Errorf("%d updates are left", n)
	}
	return true
}
