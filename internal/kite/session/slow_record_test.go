package session_test

import (
	"sync/atomic"
	"testing"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// slowLoad is a disk on which one record is slow to read.
type slowLoad struct {
	*disk
	gate chan struct{}
	on   atomic.Bool
	in   chan struct{}
}

func (s *slowLoad) Load(p int64) (session.Record, error) {
	if s.on.Load() && p == ravi {
		close(s.in)
		<-s.gate
	}
	return s.disk.Load(p)
}

// One person's record that is slow to read holds up nobody else.
func TestASlowRecordHoldsUpNobodyElse(t *testing.T) {
	s := &slowLoad{disk: &disk{MemStore: sessiontest.NewMemStore()}, gate: make(chan struct{}), in: make(chan struct{})}
	p := session.New(session.Options{Dialer: sessiontest.NewKite(t), Store: s, Notify: func(session.Event) {}})
	defer p.Close()
	s.on.Store(true)
	read := make(chan struct{})
	go func() { defer close(read); _, _ = p.Status(ravi) }()
	<-s.in
	if _, err := p.Status(asha); err != nil { // it would wait for ever
		t.Error(err)
	}
	close(s.gate)
	<-read
}
