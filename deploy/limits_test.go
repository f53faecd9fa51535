package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// What one group of people does must not end the process, nor keep others
// waiting for longer than this beyond their normal time.
const slower = 2 * time.Second

// The people whose answers are watched, and those who cause the load.
const (
	watched      = 3
	bigAccounts  = 10
	bigAnswer    = 7 << 19  // bytes on the wire: 3.5 MiB, just under what the bot reads of one answer
	tooBig       = 15 << 20 // far over it
	unauthorized = 2500
	blockedTaps  = 3000
	tapsAreAcked = 12 * time.Second // how long Telegram takes to acknowledge one
)

// Ten people ask at once for answers of 3.5 MiB each, and ten for 15 MiB in
// the memory that the container ships with. Others get theirs meanwhile.
func TestBigAnswersWithinTheLimits(t *testing.T) {
	accounts := normalAccounts(watched)
	for i := range 2 * bigAccounts {
		size := bigAnswer
		if i >= bigAccounts {
			size = tooBig
		}
		accounts = append(accounts, bigAccount(int64(watched+i+1), size))
	}
	w := newSystemOf(t, accounts)
	delete(w.settings, "SEND_RATE")
	c := w.container(image(t, "KITEBOT_IMAGE"), "big")
	c.start()
	w.all(func(p *phone) { p.login() })

	small, big, bigger := w.people[:watched], w.people[watched:watched+bigAccounts], w.people[watched+bigAccounts:]
	w.whileWatched(c, small, "10 answers of 3.5 MiB at once", func() { each(big, func(p *phone) { ask(p, "/holdings", "₹") }) })
	w.whileWatched(c, small, "10 answers of 15 MiB at once", func() { each(bigger, func(p *phone) { ask(p, "/holdings", "too long") }) })
	c.end()
}

// 2,500 people who are not let in write to the bot at once, and a blocked person
// presses buttons 3,000 times while Telegram is slow to take what answers them.
func TestCrowdsWithinTheLimits(t *testing.T) {
	w := newSystem(t, watched)
	delete(w.settings, "SEND_RATE")
	operator := w.people[0].ID
	var listed []string
	for _, p := range w.people {
		listed = append(listed, strconv.FormatInt(p.ID, 10))
	}
	w.settings["ALLOWED_USERS"] = strings.Join(listed, ",")
	w.settings["ADMIN_USERS"] = strconv.FormatInt(operator, 10)
	c := w.container(image(t, "KITEBOT_IMAGE"), "crowds")
	c.start()
	w.all(func(p *phone) { p.login() })

	next := int64(10_000)
	w.whileWatched(c, w.people, "2,500 people who are not let in", func() {
		for range unauthorized {
			next++
			w.tg.User(next, "Unauthorized").Send("hello")
		}
		w.allTaken()
	})

	blocked := w.tg.User(9_999, "Blocked")
	w.people[0].ask(fmt.Sprintf("/admin block %d", blocked.ID), "locked")
	w.whileWatched(c, w.people, "3,000 presses of a blocked person", func() {
		w.tg.Inject(simtg.Fault{Method: "answerCallbackQuery", Times: -1, Delay: tapsAreAcked})
		defer w.tg.ClearFaults()
		for range blockedTaps {
			blocked.PressForged(1, "holdings:run")
		}
		w.allTaken()
	})
	if n := len(blocked.Chat()); n != 0 {
		t.Errorf("the blocked person was sent %d messages", n)
	}
	c.end()
}

// whileWatched has some people ask one thing after another, alone first and then
// while the load runs, and compares the longest waits. KITEBOT_SOAK, a duration,
// repeats the load for so long.
func (w *system) whileWatched(c *container, watched []*phone, what string, load func()) {
	w.t.Helper()
	pid := c.podman("inspect", c.name, "--format", "{{.State.Pid}}")
	alone := w.waits(watched, func(talk *talk) { talk.until(10) })
	during := w.waits(watched, func(talk *talk) {
		lasts, _ := time.ParseDuration(os.Getenv("KITEBOT_SOAK")) // none for the short form
		for began := time.Now(); ; {
			load()
			talk.until(5)
			if time.Since(began) >= lasts || w.t.Failed() {
				return
			}
		}
	})
	measured(w.t, "%s: the longest wait of others was %d ms, %d ms without it", what, during.Milliseconds(), alone.Milliseconds())
	if during > alone+slower {
		w.t.Errorf("%s: others waited %v, without it %v", what, during, alone)
	}
	if now := c.podman("inspect", c.name, "--format", "{{.State.Pid}}"); now != pid || pid == "0" {
		w.t.Errorf("%s: the process ended: %s", what, c.podman("inspect", c.name, "--format", "OOM-killed: {{.State.OOMKilled}}, exit code {{.State.ExitCode}}"))
	}
}

// waits is the longest that some people waited for an answer while do ran.
func (w *system) waits(people []*phone, do func(*talk)) time.Duration {
	w.t.Helper()
	talk := newTalk(w, people)
	talk.begin()
	do(talk)
	talk.end()
	return talk.longest()
}

// ask is phone.try for people who ask at the same time.
func ask(p *phone, command, text string) {
	if _, err := p.try(command, text); err != nil {
		p.t.Errorf("%s: %v", p.FirstName, err)
	}
}

// allTaken waits until the bot has fetched every update.
func (w *system) allTaken() {
	w.t.Helper()
	if err := w.tg.WaitPolling(w.patient()); err != nil {
		w.t.Error(err)
	}
}

// bigAccount has so many holdings that they are an answer of that size, in bytes.
func bigAccount(seed int64, size int) sample.Account {
	a := sample.Generate(seed, 1)
	row := a.Holdings[0]
	text, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	a.Holdings = slices.Repeat(a.Holdings, size/len(strconv.Quote(string(text))))
	for i := range a.Holdings {
		a.Holdings[i].Tradingsymbol = fmt.Sprintf("S%dH%d", seed, i)
	}
	return a
}
