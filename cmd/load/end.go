package main

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"
)

// streamsPerConn is how many requests a far end takes side by side over one
// HTTP/2 connection: what large front ends allow.
const streamsPerConn = 100

// end is one far end: a server over TLS that can be switched off and on again at
// the same address, and counts its connections.
type end struct {
	handler  http.Handler
	addr     string // 127.0.0.1 and a port, once it has been switched on
	server   *httptest.Server
	accepted atomic.Int64
}

// on switches the far end on.
func (e *end) on() error {
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

// off cuts every connection and refuses new ones.
func (e *end) off() {
	if e.server != nil {
		e.server.CloseClientConnections()
		e.server.Close()
	}
}

func (e *end) count(_ net.Conn, s http.ConnState) {
	if s == http.StateNew {
		e.accepted.Add(1)
	}
}
