package bot

import (
	"errors"
	"sync"

	"kitebot/internal/stdlog"
)

// panicError is a bug in code of ours that was caught.
type panicError struct {
	kind string // without the value of the panic, which may quote a message
	told []any  // what the log tells
}

func (e *panicError) Error() string { return "panic: " + e.kind }

// protect runs fn and returns a panic as an error: a bug costs one answer, never
// the process.
func protect(fn func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{kind: stdlog.PanicKind(p), told: stdlog.Panic(p)}
		}
	}()
	fn()
	return nil
}

// spawn runs fn in a goroutine of wg; caught is told of a panic. Every goroutine
// of this package starts here.
func spawn(wg *sync.WaitGroup, caught func(error), fn func()) {
	wg.Go(func() {
		if err := protect(fn); err != nil {
			caught(err)
		}
	})
}

// parallel runs the parts of one answer concurrently, waits for all of them, and
// returns their panics.
func parallel(parts ...func()) error {
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		spawn(&wg, func(err error) { errs[i] = err }, part)
	}
	wg.Wait()
	return errors.Join(errs...)
}

// background runs fn in a goroutine that Close waits for.
func (b *Bot) background(fn func()) { spawn(&b.tasks, b.caught, fn) }

// caught logs a panic that has no request to answer.
func (b *Bot) caught(err error) {
	if crash, ok := errors.AsType[*panicError](err); ok {
		b.Logger.Error("a job panicked: a bug of ours; please report it with the stack. Others are served all the same", crash.told...)
	}
}
