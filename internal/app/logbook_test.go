package app_test

import (
	"bytes"
	"sync"
)

// logbook is a log that a test reads.
type logbook struct {
	mu    sync.Mutex
	text  bytes.Buffer
	first func(line []byte)
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first != nil {
		l.first(line)
	}
	return l.text.Write(line)
}

// watch lets f see each further line before it is kept; nil ends that.
func (l *logbook) watch(f func(line []byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = f
}

// forget drops what came after the first n bytes.
func (l *logbook) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Truncate(n)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (w *world) logText() string { return w.logs.String() }
