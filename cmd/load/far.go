package main

import (
	"errors"
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
	kite, telegram end
	account        []byte // a whole result of get_holdings, in JSON

	streams sync.Map // session id → *stream
	owners  sync.Map // session id → *person, of those who logged in here
	born    atomic.Int64

	mu        sync.Mutex
	everybody []*person // by id, from 1
	listen    func(answer)

	updates chan update    // waiting for a poll
	polls   chan time.Time // the first poll of each process is sent here
	polling atomic.Bool
	number  atomic.Int64 // of messages

	n counts
}

// counts are what the far ends have seen so far; f.mu guards them.
type counts struct {
	batches, handed, shown int64 // Telegram: answers with updates in them, updates, messages that arrived
	asked, tools, holdings int64 // Kite: requests, tool calls, of those get_holdings
	streams                int64 // open now
	kiteConns, conns       int64 // ever accepted: by Kite, by both
}

// newFar switches the far ends on. Every account holds so many holdings.
func newFar(holdings int) (*far, error) {
	f := &far{updates: make(chan update, 1<<17), polls: make(chan time.Time, 1), listen: func(answer) {}, account: toolResult(manyHoldings(holdings), false)}
	kite, telegram := http.NewServeMux(), http.NewServeMux()
	kite.HandleFunc("GET /sse", f.openStream)
	kite.HandleFunc("POST /message", f.takeMessage)
	kite.HandleFunc("POST /mcp", f.takeCall)
	telegram.HandleFunc("POST /{bot}/getUpdates", f.getUpdates)
	telegram.HandleFunc("POST /{bot}/{method}", f.method)
	f.kite.handler, f.telegram.handler = kite, telegram
	return f, errors.Join(f.kite.on(), f.telegram.on())
}

func (f *far) count(what func(n *counts)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what(&f.n)
}

func (f *far) counts() (n counts) {
	f.count(func(now *counts) { n = *now })
	n.kiteConns = f.kite.accepted.Load()
	n.conns = n.kiteConns + f.telegram.accepted.Load()
	return n
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
	a := answer{person: p, body: body}
	p.mu.Lock()
	if a.asked = len(p.handed) > 0; a.asked {
		a.own = at.Sub(p.handed[0]) - p.tools
		p.handed, p.tools = p.handed[1:], 0
	}
	p.mu.Unlock()
	f.mu.Lock()
	f.n.shown++
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
