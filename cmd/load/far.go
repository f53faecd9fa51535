package main

import (
	"crypto/tls"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// far is what stands around the measured process: Kite's server, Telegram, and
// the people who write. It is as lean as it can be, since it shares the machine
// with what it measures: answers are fixed, and nothing is checked. That the bot
// behaves is shown elsewhere, with internal/sim.
type far struct {
	kite, telegram *end
	account        []byte // a whole result of get_holdings, in JSON

	streams sync.Map // session id → *stream
	owners  sync.Map // session id → *person, of those who logged in here
	born    atomic.Int64

	mu        sync.Mutex
	everybody []*person // by id, from 1
	listen    func(answer)

	updates queue
	polls   chan time.Time // the first poll of each process is sent here
	polling atomic.Bool
	number  atomic.Int64 // of messages

	n counters
}

// counters only ever grow.
type counters struct {
	batches, handed, shown atomic.Int64 // Telegram: answers with updates in them, updates, messages that arrived
	asked, tools, holdings atomic.Int64 // Kite: requests, tool calls, of those get_holdings
	streams                atomic.Int64 // open now
}

func newFar(cert tls.Certificate, holdings int) *far {
	f := &far{polls: make(chan time.Time, 1), listen: func(answer) {}, account: toolResult(manyHoldings(holdings), false)}
	f.updates.some = make(chan struct{}, 1)
	kite, telegram := http.NewServeMux(), http.NewServeMux()
	kite.HandleFunc("GET /sse", f.openStream)
	kite.HandleFunc("POST /message", f.takeMessage)
	kite.HandleFunc("POST /mcp", f.takeCall)
	telegram.HandleFunc("POST /{bot}/getUpdates", f.getUpdates)
	telegram.HandleFunc("POST /{bot}/{method}", f.method)
	f.kite, f.telegram = newEnd(cert, kite), newEnd(cert, telegram)
	return f
}

// counts is how far the counters have come at a moment.
type counts struct {
	batches, handed, shown, asked, tools, holdings int64
	kiteConns, telegramConns                       int64
}

func (f *far) counts() counts {
	kite, _, _ := f.kite.figures()
	telegram, _, _ := f.telegram.figures()
	return counts{
		batches: f.n.batches.Load(), handed: f.n.handed.Load(), shown: f.n.shown.Load(),
		asked: f.n.asked.Load(), tools: f.n.tools.Load(), holdings: f.n.holdings.Load(),
		kiteConns: kite, telegramConns: telegram,
	}
}

// since is what was counted since another moment.
func (c counts) since(b counts) counts {
	return counts{
		batches: c.batches - b.batches, handed: c.handed - b.handed, shown: c.shown - b.shown,
		asked: c.asked - b.asked, tools: c.tools - b.tools, holdings: c.holdings - b.holdings,
		kiteConns: c.kiteConns - b.kiteConns, telegramConns: c.telegramConns - b.telegramConns,
	}
}

// person is somebody who writes, and has an account at Kite.
type person struct {
	id      int64
	pressed bool // Done, in the midst of a login; of who plays it, see logIn

	mu     sync.Mutex
	handed []time.Time   // when each thing was handed over that they wrote and have no answer to, in order
	tools  time.Duration // that Kite has taken for the first of them
	begun  time.Time     // when the tool call under way began
}

// answer is a message that reached a person.
type answer struct {
	*person
	asked bool          // it is the first after something of theirs was handed over
	own   time.Duration // from that to now, without the time that Kite took
	body  []byte        // of the request; valid until the listener returns
}

// person finds somebody by their id; nil for a stranger.
func (f *far) person(id int64) *person {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id < 1 || id > int64(len(f.everybody)) {
		return nil
	}
	return f.everybody[id-1]
}

// crowd returns the first n people, who are there for as long as f is.
func (f *far) crowd(n int) []*person {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := len(f.everybody) + 1; id <= n; id++ {
		f.everybody = append(f.everybody, &person{id: int64(id)})
	}
	return f.everybody[:n:n]
}

// hear has every message that arrives told from now on. listen may be called
// from many goroutines at once.
func (f *far) hear(listen func(answer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listen = listen
}

// arrived tells of a message.
func (f *far) arrived(p *person, at time.Time, body []byte) {
	f.n.shown.Add(1)
	a := answer{person: p, body: body}
	p.mu.Lock()
	if a.asked = len(p.handed) > 0; a.asked {
		a.own = at.Sub(p.handed[0]) - p.tools
		p.handed, p.tools = p.handed[1:], 0
	}
	p.mu.Unlock()
	f.mu.Lock()
	listen := f.listen
	f.mu.Unlock()
	listen(a)
}

// asks notes that a person's account is asked, answered that it was.
func (p *person) asks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = time.Now()
}

func (p *person) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tools += time.Since(p.begun)
}
