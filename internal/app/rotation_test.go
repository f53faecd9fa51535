package app_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"kitebot/internal/app"
	"kitebot/internal/store"
)

// withKeys are settings with other keys; nil for none.
func (w *world) withKeys(now, old []byte) app.Config {
	c := w.config()
	c.StoreKey, c.OldKey = now, old
	return c
}

// The key of the store is changed twice, first from the one that was made beside
// it. Nobody has to log in again, and a key that was left opens nothing any more.
func TestKeyRotation(t *testing.T) {
	w := newWorldHere(t)
	w.start() // makes bot.db.key
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	if _, err := app.Backup(t.Context(), w.config(), "first.db"); err != nil {
		t.Fatal(err)
	}
	w.end()
	text, err := os.ReadFile("bot.db.key")
	if err != nil {
		t.Fatal(err)
	}
	made, err := store.ParseKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	second, third := bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)
	for _, keys := range [][2][]byte{{second, made}, {second, nil}, {third, second}, {third, nil}} {
		w.startWith(w.withKeys(keys[0], keys[1]))
		p.ask("/holdings", headline(ashaUser))
		w.end()
	}
	for _, key := range [][]byte{made, second} {
		if err := app.Run(t.Context(), w.withKeys(key, nil), app.Options{}); !errors.Is(err, store.ErrKeyWrong) {
			t.Errorf("with a key that was left: %v", err)
		}
	}

	// A backup from before is restored with both keys, and changed as it is opened.
	f, err := os.Open("first.db")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := app.Restore(t.Context(), w.withKeys(third, made), f); err != nil {
		t.Fatal(err)
	}
	w.startWith(w.withKeys(third, made))
	p.ask("/holdings", headline(ashaUser))
}
