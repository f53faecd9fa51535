package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// Backup writes a copy of the store to a file that does not exist yet, with
// mode 0600, and returns its size in bytes. The running bot is asked for it; if
// none runs, the file is read under its lock. What came is examined as a
// restoration would before it gets its name, so a file of that name is a whole
// one. Of c it needs StorePath and StoreKey.
//
// A process that is killed meanwhile leaves a file .bot-backup-* next to it, which
// can be deleted.
func Backup(ctx context.Context, c Config, path string) (size int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, errThere(path)
	}
	made, err := examinedCopy(ctx, c, filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	defer discard(made)
	info, err := made.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at the backup: %w", err)
	}
	return info.Size(), publish(made.Name(), path)
}

// BackupTo is [Backup] to a writer, and returns how many bytes were written.
// Nothing is written before the whole copy was examined.
func BackupTo(ctx context.Context, c Config, w io.Writer) (int64, error) {
	made, err := examinedCopy(ctx, c, filepath.Dir(c.StorePath))
	if err != nil {
		return 0, err
	}
	defer made.Close()
	if err := os.Remove(made.Name()); err != nil {
		return 0, fmt.Errorf("remove the name of the copy: %w", err)
	}
	n, err := io.Copy(w, made)
	if err != nil {
		return n, fmt.Errorf("write the backup: %w", err)
	}
	return n, nil
}

// Restore puts a backup in the place of the store. It is refused while a bot
// has the store open, and unless the backup is sound and sealed with its key.
// The store that was there is kept next to it: aside is its path, "" if there was
// none. Of c it needs StorePath, StoreKey and OldKey.
func Restore(ctx context.Context, c Config, from io.Reader) (aside string, err error) {
	if err := checkAlone(c.StorePath); err != nil {
		return "", err
	}
	return store.Restore(store.Options{Path: c.StorePath, Key: c.StoreKey, OldKey: c.OldKey}, &untilDone{ctx, from})
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

// KeyPlace says where the key of the store is, in the operator's terms.
func (c Config) KeyPlace() string {
	if c.StoreKey != nil {
		return "STORE_KEY"
	}
	return c.StorePath + ".key"
}

// examinedCopy makes a copy of the store in a folder, under a name of its
// own. It is safe on disk, read from its beginning, and the caller's to
// close and remove.
func examinedCopy(ctx context.Context, c Config, folder string) (*os.File, error) {
	from, err := copyOf(ctx, c.StorePath)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	made, err := os.CreateTemp(folder, ".bot-backup-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make a file for the backup: %w", err)
	}
	if err := writeBackup(made, &untilDone{ctx, from}, c); err != nil {
		discard(made)
		return nil, err
	}
	return made, nil
}

// discard takes a copy's first name away, if it still has it. What fails here
// leaves litter, nothing worse.
func discard(made *os.File) {
	_ = made.Close()
	_ = os.Remove(made.Name())
}

func writeBackup(made *os.File, from io.Reader, c Config) error {
	if _, err := io.Copy(made, from); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	if err := made.Sync(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := store.CheckBackup(store.Options{Path: c.StorePath, Key: c.StoreKey, OldKey: c.OldKey}, made.Name()); err != nil {
		return fmt.Errorf("examine the backup: %w", err)
	}
	if _, err := made.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	return nil
}

// copyOf asks the running bot for a copy of its store, or reads the file itself.
func copyOf(ctx context.Context, path string) (io.ReadCloser, error) {
	from, unanswered := ops.Backup(ctx, ops.SocketPath(path))
	if !errors.Is(unanswered, ops.ErrNoAnswer) {
		return from, unanswered
	}
	f, err := openIdle(path)
	if errors.Is(err, store.ErrLocked) {
		return nil, fmt.Errorf("%w; it could not be asked: %w", err, unanswered)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openIdle opens the file of a store that is not in use, and keeps other
// processes from writing to it until it is closed: bbolt takes the same lock,
// exclusively.
func openIdle(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no store at STORE_PATH, %s", path)
	case err != nil:
		return nil, fmt.Errorf("look at the store: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("STORE_PATH, %s, is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(store.ErrLocked, f.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock the store: %w", err), f.Close())
	}
	return f, nil
}

func errThere(path string) error {
	return fmt.Errorf("%s is there already, and a backup replaces nothing: name a new file", path)
}

// publish gives a finished file its name, unless something has that name. A link
// decides that in one step; where the file system has none, the time between
// the look and the renaming is short.
func publish(made, path string) error {
	err := os.Link(made, path)
	if errors.Is(err, fs.ErrExist) {
		return errThere(path)
	}
	if err != nil {
		if _, there := os.Lstat(path); there == nil {
			return errThere(path)
		}
		err = os.Rename(made, path)
	}
	if err != nil {
		return fmt.Errorf("give the backup its name: %w", err)
	}
	return store.SyncFolder(filepath.Dir(path))
}
