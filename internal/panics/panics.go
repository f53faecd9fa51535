// Package panics turns bugs into errors: a panic costs one answer, never the
// process.
package panics

import (
	"errors"
	"sync"

	"kitebot/internal/stdlog"
)

// Error is a panic that was caught. Its text has not the panic's value, which may
// quote a message.
type Error struct {
	kind string
	Log  []any // attributes for the log, see [stdlog.Panic]
}

func (e *Error) Error() string { return "panic: " + e.kind }

// Catch runs fn and returns a panic as an [*Error].
func Catch(fn func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{kind: stdlog.PanicKind(p), Log: stdlog.Panic(p)}
		}
	}()
	fn()
	return nil
}

// Spawn runs fn in a goroutine of wg, and calls caught with its panic.
func Spawn(wg *sync.WaitGroup, caught func(error), fn func()) {
	wg.Go(func() {
		if err := Catch(fn); err != nil {
			caught(err)
		}
	})
}

// Parallel runs the parts of one answer concurrently, waits for all of them, and
// returns their panics.
func Parallel(parts ...func()) error {
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		Spawn(&wg, func(err error) { errs[i] = err }, part)
	}
	wg.Wait()
	return errors.Join(errs...)
}
