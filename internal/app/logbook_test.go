package app_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
)

// logbook is a log that a test reads, and can wait in for a line.
type logbook struct {
	mu    sync.Mutex
	text  bytes.Buffer
	more  chan struct{} // closed when there is more; nil while nobody waits
	first func(line []byte)
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first != nil {
		l.first(line)
	}
	if l.more != nil {
		close(l.more)
		l.more = nil
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

// wait returns once the log holds a text.
func (l *logbook) wait(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		all, more := l.now()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("the log never says %q:\n%s", text, all)
		}
	}
}

func (l *logbook) now() (text string, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return l.text.String(), l.more
}

func (w *world) logText() string { return w.logs.String() }
