package main

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// streamsPerConn is how many requests a server takes side by side over one HTTP/2 connection, as large proxies allow.
const streamsPerConn = 100

// server is a server over TLS that can be stopped and started again at the same address, and counts its connections.
type server struct {
	handler  http.Handler
	addr     string // 127.0.0.1 and a port, once it has been started
	server   *httptest.Server
	accepted atomic.Int64
}

// start listens and serves.
func (e *server) start() error {
	l, err := net.Listen("tcp", cmp.Or(e.addr, "127.0.0.1:0"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	e.addr = l.Addr().String()
	e.server = &httptest.Server{Listener: l, EnableHTTP2: true, Config: &http.Server{
		Handler: e.handler, ConnState: e.count, ReadHeaderTimeout: 20 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: streamsPerConn},
	}}
	e.server.StartTLS()
	return nil
}

// stop cuts every connection and refuses new ones.
func (e *server) stop() {
	if e.server != nil {
		e.server.CloseClientConnections()
		e.server.Close()
	}
}

func (e *server) count(_ net.Conn, s http.ConnState) {
	if s == http.StateNew {
		e.accepted.Add(1)
	}
}

// update is a message or a pressed button of a user.
type update struct {
	from *user
	text string
	data string // of the button; "" for a text
}

// fakes are Kite's server, Telegram and the users around the measured process. They share the machine with it, so their
// answers are fixed and nothing is checked: internal/sim records, checks and encodes each call, and in the closed loop
// would be measured instead of the bot. That the bot behaves is shown elsewhere, with internal/sim.
type fakes struct {
	kite, telegram server
	account        []byte // a whole result of get_holdings, in JSON

	streams      sync.Map // session id → *stream
	owners       sync.Map // session id → *user, of those who logged in here
	sessionsMade atomic.Int64

	mu       sync.Mutex
	all      []*user // by id, from 1
	listener func(answer)

	updates chan update    // waiting for a poll
	polls   chan time.Time // the first poll of each process is sent here
	polling atomic.Bool
	number  atomic.Int64 // of messages

	seen counts
}

// counts are what the fakes have seen so far; fakes.mu guards them.
type counts struct {
	batches, handed, shown int64 // Telegram: answers with updates in them, updates, messages that arrived
	asked, tools, holdings int64 // Kite: requests, tool calls, of those get_holdings
	streams                int64 // open now
	kiteConns, conns       int64 // ever accepted: by Kite, by both
}

func (f *fakes) count(what func(n *counts)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what(&f.seen)
}

func (f *fakes) counts() (n counts) {
	f.count(func(now *counts) { n = *now })
	n.kiteConns = f.kite.accepted.Load()
	n.conns = n.kiteConns + f.telegram.accepted.Load()
	return n
}

// user is a person who writes to the bot and has an account at Kite.
type user struct {
	id          int64
	pressedDone bool // during a login; only logIn reads and writes it

	mu        sync.Mutex
	sentAt    []time.Time   // when Telegram handed over each of their updates that has no answer yet, in order
	kiteTime  time.Duration // what Kite has taken for the first of them
	callBegan time.Time     // when the tool call under way began
}

// answer is a message that reached a user.
type answer struct {
	*user
	first   bool          // it is the first after an update of theirs
	latency time.Duration // since that update, without the time that Kite took
	body    []byte        // of the request; valid until the listener returns
}

// user returns the user with an id, or nil.
func (f *fakes) user(id int64) *user {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id < 1 || id > int64(len(f.all)) {
		return nil
	}
	return f.all[id-1]
}

// users returns the first n users.
func (f *fakes) users(n int) []*user {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := len(f.all) + 1; id <= n; id++ {
		f.all = append(f.all, &user{id: int64(id)})
	}
	return f.all[:n:n]
}

// onMessage calls listen for every message that arrives from now on, from many goroutines at once.
func (f *fakes) onMessage(listen func(answer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listener = listen
}

// messageArrived counts a message and reports it.
func (f *fakes) messageArrived(p *user, at time.Time, body []byte) {
	a := answer{user: p, body: body}
	p.mu.Lock()
	if a.first = len(p.sentAt) > 0; a.first {
		a.latency = at.Sub(p.sentAt[0]) - p.kiteTime
		p.sentAt, p.kiteTime = p.sentAt[1:], 0
	}
	p.mu.Unlock()
	f.mu.Lock()
	f.seen.shown++
	listen := f.listener
	f.mu.Unlock()
	listen(a)
}

// callBegins notes that a tool call for the user has begun, callEnds that it is answered.
func (p *user) callBegins() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callBegan = time.Now()
}

func (p *user) callEnds() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kiteTime += time.Since(p.callBegan)
}

func reply(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that is gone needs no answer
}
