package telegram_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

// deliveryFault is what may happen to deliveries.
type deliveryFault struct {
	s *sim.Server
	p *proxy
	j *fullJournal
	c *telegram.Client
	r *botRun // the process that runs; a fault may end it and start the next
}

// What the strict server delivers, for each fault: everything once, in order.
func TestEveryUpdateIsHandledOnceWhateverHappensToDeliveries(t *testing.T) {
	for name, fail := range map[string]func(t *testing.T, h *deliveryFault, round int){
		"none":            func(*testing.T, *deliveryFault, int) {},
		"the answer lost": func(_ *testing.T, h *deliveryFault, _ int) { h.p.lose(3) },
		"the disk full":   func(_ *testing.T, h *deliveryFault, _ int) { h.j.full = 9 },
		"delivered again": func(_ *testing.T, h *deliveryFault, _ int) { h.s.Redeliver(10) },
		"numbers lower":   func(_ *testing.T, h *deliveryFault, round int) { h.s.SetNextUpdateID(int64(300 / round)) },
		"numbers higher":  func(_ *testing.T, h *deliveryFault, round int) { h.s.SetNextUpdateID(1 << (40 + round)) },
		"another webhook": func(_ *testing.T, h *deliveryFault, _ int) { h.s.SetForeignWebhook() },
		"the proxy away":  func(_ *testing.T, h *deliveryFault, _ int) { h.p.away(5 * time.Minute) },
		"nothing for hours": func(_ *testing.T, h *deliveryFault, round int) {
			elapse(3 * time.Hour)
			h.s.SetNextUpdateID(int64(300 / round))
		},
		"a restart": func(t *testing.T, h *deliveryFault, _ int) {
			h.r.end()
			elapse(time.Minute)
			*h.r = h.p.webhook(t, h.c, h.j, h.r.got)
		},
		"polling for a while": func(t *testing.T, h *deliveryFault, _ int) {
			h.r.end()
			*h.r = h.p.poll(t, h.c, h.j, h.r.got)
			elapse(1500 * time.Millisecond) // before a poll could confirm all by itself
			h.r.end()
			*h.r = h.p.webhook(t, h.c, h.j, h.r.got)
		},
	} {
		t.Run(name, func(t *testing.T) {
			withWebhook(t, func(t *testing.T, c *telegram.Client, s *sim.Server, p *proxy, _ *logBuffer) {
				asha := s.User(501, "Asha")
				s.SetNextUpdateID(700)
				j := &fullJournal{Journal: bottest.NewMemJournal()}
				var got []string
				r := p.webhook(t, c, j, &got)
				h := &deliveryFault{s, p, j, c, &r}
				for i := range 9 {
					asha.Send(fmt.Sprint(i))
					elapse(time.Second)
					if round := i / 3; i == 3 || i == 6 {
						fail(t, h, round)
					}
				}
				elapse(25 * time.Minute)
				r.end()
				if want := "0 1 2 3 4 5 6 7 8"; strings.Join(got, " ") != want || s.Queue() != 0 {
					t.Errorf("handled %q with %d left, want %q", got, s.Queue(), want)
				}
			})
		})
	}
}

// away lets nothing through for so long.
func (p *proxy) away(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.at
	p.at = nil
	p.cuts = 1 // and the open connection breaks
	time.AfterFunc(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.at, p.cuts = at, 0
	})
}

// Many people at once: everything once, and each one's in order.
func TestDeliveriesOfManyKeepTheOrderOfEach(t *testing.T) {
	withWebhook(t, func(t *testing.T, c *telegram.Client, s *sim.Server, p *proxy, _ *logBuffer) {
		var got []string
		r := p.webhook(t, c, bottest.NewMemJournal(), &got)
		const people, each = 50, 4 // more than there are connections
		for i := range each {
			for who := range people {
				s.User(int64(600+who), "P").Send(fmt.Sprintf("%d %02d", who, i))
			}
		}
		elapse(time.Minute)
		r.end()
		last := map[string]string{}
		for _, text := range got {
			who, n, _ := strings.Cut(text, " ")
			if n <= last[who] {
				t.Errorf("%s said %s after %s", who, n, last[who])
			}
			last[who] = n
		}
		if len(got) != people*each || s.Queue() != 0 {
			t.Errorf("%d updates were handled with %d left, want %d", len(got), s.Queue(), people*each)
		}
	})
}

// Two processes with one token and one address: both say so, and neither loses
// what it took.
func TestASecondProcessThatTakesTheWebhookIsNoticed(t *testing.T) {
	withWebhook(t, func(t *testing.T, c *telegram.Client, s *sim.Server, p *proxy, log *logBuffer) {
		var got, theirs []string
		first := p.webhook(t, c, bottest.NewMemJournal(), &got)
		at := p.at
		elapse(90 * time.Second) // so that the two do not look at the same moment
		other := start(t, p.options)
		second := p.webhook(t, other, bottest.NewMemJournal(), &theirs)
		elapse(40 * time.Second)
		if !c.Conflict() || other.Conflict() || log.count("another webhook was set") != 1 {
			t.Errorf("conflict %v and %v:\n%s", c.Conflict(), other.Conflict(), log)
		}
		elapse(time.Minute)
		if !other.Conflict() {
			t.Errorf("the other does not notice:\n%s", log)
		}
		second.end()
		other.Close()
		p.mu.Lock()
		p.at = at
		p.mu.Unlock()
		elapse(15 * time.Minute)
		s.User(501, "Asha").Send("hello")
		elapse(time.Minute)
		if c.Conflict() || !slices.Equal(got, []string{"hello"}) {
			t.Errorf("conflict %v, handled %q once the other is gone:\n%s", c.Conflict(), got, log)
		}
		first.end()
	})
}

// A delivery with the secret of the run before is refused, not lost.
func TestTheNextRunIsNotFooledByTheSecretOfTheLast(t *testing.T) {
	withWebhook(t, func(t *testing.T, c *telegram.Client, s *sim.Server, p *proxy, log *logBuffer) {
		var got []string
		j := bottest.NewMemJournal()
		p.webhook(t, c, j, &got).end()
		s.Inject(sim.Fault{Method: "setWebhook", Status: http.StatusBadGateway, Body: "<html>", Times: 5})
		r := p.webhook(t, c, j, &got)
		s.User(501, "Asha").Send("hello")
		elapse(20 * time.Second)
		if log.count("lack its secret") != 1 || !slices.Equal(got, []string{"hello"}) {
			t.Errorf("handled %q:\n%s", got, log)
		}
		r.end()
	})
}
