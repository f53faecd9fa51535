// Package stdlog carries what libraries say with package log into the bot's own
// log, and names panics and broken connections, all by their kind alone. Their
// words are left out: net/http quotes up to 4 KiB of what a far end sent, and the
// value of a panic can be a login link or a person's figures.
package stdlog

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
)

// New returns a logger for a library. Each line of it becomes one of h at the
// given level, a panic one at level Error with its stack.
func New(h slog.Handler, level slog.Level) *log.Logger {
	return log.New(&writer{slog.New(h), level}, "", 0)
}

type writer struct {
	to    *slog.Logger
	level slog.Level
}

// panicked is how net/http begins the words about a handler that panicked.
const panicked = "http: panic serving"

// reportIt is what an operator should do about a panic.
const reportIt = "report it, with the stack"

// kinds returns the beginnings by which lines are told apart. What follows them
// in a line may be anything.
func kinds() []string {
	return []string{
		panicked, "Unsolicited response received on idle HTTP channel",
		"http: Accept error", "http: TLS handshake error", "http: superfluous response.WriteHeader call",
		"http: URL query contains semicolon", "http2: invalid header", "http2: invalid pseudo headers",
	}
}

// Write implements [io.Writer]. It gets one line of the library at a time.
func (w *writer) Write(line []byte) (int, error) {
	text, kind := string(line), "unknown"
	for _, k := range kinds() {
		if strings.HasPrefix(text, k) {
			kind = k
		}
	}
	if kind == panicked {
		w.to.Error("answering a request panicked", "effect", "its connection is cut", "action", reportIt, "stack", stackIn(text))
		return len(line), nil
	}
	w.to.Log(context.Background(), w.level, "a library complained",
		"effect", "its words are left out; the call that it concerns reports its own failure", "kind", kind)
	return len(line), nil
}

// stackIn returns the stack at the end of a line. The value of the panic stands
// before it; in a stack arguments are numbers.
func stackIn(text string) string {
	if i := strings.LastIndex(text, "\ngoroutine "); i >= 0 {
		return text[i+1:]
	}
	return ""
}

// Panic returns the attributes of a log line about a recovered panic: attrs, what
// to do about it, its kind and the stack. The deferred function that recovered calls it.
func Panic(value any, attrs ...any) []any {
	return append(attrs, "action", reportIt, "panic", PanicKind(value), "stack", string(debug.Stack()))
}

// PanicKind names a panic without its value, which may quote a message or a link:
// the text of one that the runtime raised, which has only types and numbers, and
// the type of every other.
func PanicKind(value any) string {
	if bug, ok := value.(runtime.Error); ok {
		return bug.Error()
	}
	return fmt.Sprintf("%T", value)
}
