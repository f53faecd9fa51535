package app

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kitebot/internal/store"
)

// Restore puts a backup in the place of the store. It is refused while a bot
// has the store open, and unless the backup is sound and sealed with its key.
// The store that was there is kept beside it: aside is its path, "" if there was
// none. Of c it needs StorePath, StoreKey and OldKey.
func Restore(ctx context.Context, c Config, from io.Reader) (aside string, err error) {
	if err := checkAlone(c.StorePath); err != nil {
		return "", err
	}
	before := keptAside(c.StorePath)
	o := store.Options{Path: c.StorePath, Key: c.StoreKey, OldKey: c.OldKey}
	if err := store.Restore(o, &untilDone{ctx, from}); err != nil {
		return "", err // it names the store and says what to do
	}
	for path := range keptAside(c.StorePath) {
		if !before[path] {
			aside = path
		}
	}
	return aside, nil
}

// keptAside lists the stores that earlier backups took the place of.
func keptAside(path string) map[string]bool {
	entries, _ := os.ReadDir(filepath.Dir(path)) // where nothing can be listed, nothing is told
	found := map[string]bool{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+".replaced-") {
			found[filepath.Join(filepath.Dir(path), e.Name())] = true
		}
	}
	return found
}

// untilDone ends a long read when ctx does.
type untilDone struct {
	ctx  context.Context
	from io.Reader
}

func (u *untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(b)
}
