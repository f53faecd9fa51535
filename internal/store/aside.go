package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// asideTime is how the name of a file that was set aside tells when that was.
const asideTime = "20060102T150405Z"

// asideLife is how long such a file is kept: time enough to look into it or to
// take it back. It holds sealed copies of people who may be forgotten since.
const asideLife = 30 * 24 * time.Hour

// asideName returns a free name for a store that makes place for another one:
// its own, why, and when.
func asideName(o Options, why string) string {
	stamped := fmt.Sprintf("%s.%s-%s", o.Path, why, o.Clock.Now().UTC().Format(asideTime))
	name := stamped
	for n := 2; exists(name); n++ {
		name = fmt.Sprintf("%s-%d", stamped, n)
	}
	return name
}

// asideSuffix is what asideName puts behind the store's own name.
var asideSuffix = regexp.MustCompile(`^\.(?:damaged|replaced)-(\d{8}T\d{6}Z)(?:-\d+)?$`)

// eraseAside erases the files that were set aside next to a store and are due. One
// that cannot be erased is named in the log, and tried again the next time.
func eraseAside(path string, log *slog.Logger, due func(file string, since time.Time) bool) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		log.Warn("files that were set aside cannot be looked for: old ones stay until the next start", "err", err)
	}
	for _, e := range entries {
		since, ok := asideSince(filepath.Base(path), e)
		file := filepath.Join(filepath.Dir(path), e.Name())
		if !ok || !due(file, since) {
			continue
		}
		if err := os.Remove(file); err != nil {
			log.Warn("a file that was set aside is not erased: please delete it", "file", file, "err", err)
			continue
		}
		log.Info("a file that was set aside is erased", "file", file)
	}
}

// asideSince returns when a file was set aside for the store: by its name, but not
// before it was last written, since the clock may have been wrong then.
func asideSince(store string, e os.DirEntry) (time.Time, bool) {
	suffix, ok := strings.CutPrefix(e.Name(), store)
	m := asideSuffix.FindStringSubmatch(suffix)
	if !ok || m == nil {
		return time.Time{}, false
	}
	since, err := time.Parse(asideTime, m[1])
	if info, failed := e.Info(); failed == nil && info.ModTime().After(since) {
		since = info.ModTime()
	}
	return since, err == nil
}

// eraseOldAside erases what was set aside 30 days ago or earlier.
func eraseOldAside(path string, log *slog.Logger, now time.Time) {
	eraseAside(path, log, func(_ string, since time.Time) bool { return now.Sub(since) >= asideLife })
}

// eraseLeftAside erases what was set aside and does not open with the present
// key: the key before it may have leaked.
func eraseLeftAside(o Options, now *sealer, newest int) {
	eraseAside(o.Path, o.Logger, func(file string, _ time.Time) bool {
		_, err := examineFile(file, keyring{now: now}, newest)
		return err != nil
	})
}
