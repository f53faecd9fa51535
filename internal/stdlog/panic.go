package stdlog

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic returns what a log line tells about a recovered panic: its kind and the
// stack. The deferred function that recovered calls it.
func Panic(value any) []any {
	return []any{"panic", PanicKind(value), "stack", string(debug.Stack())}
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
