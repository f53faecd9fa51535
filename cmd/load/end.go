package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// streamsPerConn is how many requests a far end takes side by side over one
// HTTP/2 connection: what large front ends allow.
const streamsPerConn = 100

// end is one far end: a server over TLS that can be switched off and on again at
// the same address, and counts its connections.
type end struct {
	cert    tls.Certificate
	handler http.Handler
	addr    string // 127.0.0.1 and a port, once it has been switched on
	server  *http.Server
	served  sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool // true once the first byte of a request was read
	accepted int64
	shaking  int // in the TLS handshake
	most     int // that shaking has come to since forget
}

func newEnd(cert tls.Certificate, handler http.Handler) *end {
	return &end{cert: cert, handler: handler, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
}

// on switches the far end on.
func (e *end) on() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", e.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	e.addr = l.Addr().String()
	e.server = &http.Server{
		Handler: e.handler, ConnState: e.count, ReadHeaderTimeout: 20 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{e.cert}, MinVersion: tls.VersionTLS12},
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: streamsPerConn},
	}
	server := e.server
	e.served.Go(func() {
		if err := server.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			log.Print("a far end stopped: ", err)
		}
	})
	return nil
}

// off cuts every connection and refuses new ones.
func (e *end) off() {
	_ = e.server.Close() // the sockets are gone either way
	e.served.Wait()
}

// count follows the life of each connection.
func (e *end) count(c net.Conn, s http.ConnState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	talks, known := e.conns[c]
	if s == http.StateNew {
		e.accepted++
		e.shaking++
		e.most = max(e.most, e.shaking)
		e.conns[c] = false
		return
	}
	if known && !talks {
		e.shaking--
		e.conns[c] = true
	}
	if s == http.StateClosed || s == http.StateHijacked {
		delete(e.conns, c)
	}
}

// figures returns how many connections were ever accepted and are open now, and
// the most that were being opened at one moment since forget.
func (e *end) figures() (accepted int64, open, most int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.accepted, len(e.conns), e.most
}

// forget begins to look for the most anew.
func (e *end) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.most = e.shaking
}
