package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/store"
)

// child is the bot as cmd/bot runs it.
func child() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := app.Load(app.OSEnv())
	if err == nil {
		logger := app.NewLogger(os.Stderr, c)
		app.TakeStandardLog(logger)
		err = app.Run(ctx, c, app.Options{Logger: logger})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		return 1
	}
	return 0
}

// unlocked gives the store's name to a copy of the file, which no process has
// locked: as where a file system grants every lock.
func (w *system) unlocked() (content []byte) {
	w.t.Helper()
	content, err := os.ReadFile(w.store)
	if err == nil {
		err = errors.Join(os.WriteFile("copy", content, 0o600), os.Rename("copy", w.store))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return content
}

// A second bot on a store, and a restoration, are refused also where the file's
// lock does not hold. The process that has the store answers on its socket; one
// that was killed does not, and holds up no start.
func TestASecondBotIsRefusedWithoutALock(t *testing.T) {
	w := newSystemHere(t)
	kill := w.startChild()
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	if _, err := app.Backup(t.Context(), w.config(), "backup.db"); err != nil {
		t.Fatal(err)
	}
	before := w.unlocked()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // only a second bot that starts runs into it
	defer cancel()
	if err := app.Run(ctx, w.config(), app.Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second bot: got %v, want ErrLocked", err)
	}
	if _, err := w.restore("backup.db"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a restoration: got %v, want ErrLocked", err)
	}
	if after, err := os.ReadFile(w.store); err != nil || !bytes.Equal(before, after) {
		t.Errorf("what was refused changed the file, %v", err)
	}
	kill()
	w.start()
	p.ask("/help", "What I can do")
}

// A store that is cut to one page while the bot runs does not keep the bot from
// ending, and the next start serves people again.
func TestATruncatedStoreDoesNotHoldUpTheStop(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	end := w.startProgram()
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	if err := os.Truncate(w.store, int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	p.Send("/status")
	w.logs.wait(t, "the store cannot be read any more")
	end()
	w.start()
	p.ask("/help", "What I can do")
}

// A bot that is stopped while Kite is silent is gone within eight seconds, and
// the next process answers what it left: the command that ran and the ones
// behind it, once each.
func TestStopInTheMiddleOfACommand(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(w *fakeTimeSystem) {
		w.start()
		p := w.person(asha, "Asha")
		p.login(ashaUser)
		began, over := make(chan struct{}, 1), make(chan struct{})
		w.kite.Inject(simkite.Fault{
			Kind: simkite.Delay, Tool: "get_holdings", Times: 1, Until: over, OnHit: func() { began <- struct{}{} },
		})
		p.Send("/holdings")
		p.Send("/help")
		<-began
		start := time.Now()
		w.end()
		close(over)
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("the bot took %v to stop", took)
		}
		w.start()
		p.waitText(0, headline(ashaUser))
		p.waitText(0, "What I can do")
		answers := 0
		for _, m := range p.Chat() {
			if m.FromBot && m.Text != "" && !strings.Contains(m.Text, "Logged in as") {
				answers++
			}
		}
		if answers != 2 {
			t.Errorf("%d answers to two commands:\n%v", answers, p.Chat())
		}
	})
}
