package app_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/store"
)

// unlocked gives the store's name to a copy of the file, which no process has
// locked: as where a file system grants every lock.
func (w *world) unlocked() (content []byte) {
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
	w := newWorldHere(t)
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
