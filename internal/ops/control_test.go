package ops_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/ops"
)

// source is something to copy.
type source func(io.Writer) error

func (s source) Backup(w io.Writer) error { return s(w) }

// control serves a source on bot.db.sock in a folder of its own until the test
// ends or the returned func is called. The log is readable after that.
func control(t *testing.T, s ops.Source) (stop func(), log *bytes.Buffer) {
	t.Helper()
	inFolder(t)
	log = &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	l := mustListen(t, "bot.db.sock")
	ctx, cancel := context.WithCancel(t.Context())
	var h ops.Health
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, ops.Control(&h, s, logger), logger) })
	stop = func() { cancel(); serving.Wait() }
	t.Cleanup(stop)
	return stop, log
}

func TestHealthOverTheSocket(t *testing.T) {
	stop, _ := control(t, source(nil))
	if err := ops.ProbeSocket(t.Context(), "bot.db.sock"); err != nil {
		t.Error(err)
	}
	stop()
	if _, err := os.Lstat("bot.db.sock"); err == nil {
		t.Error("the socket outlives its process")
	}
	abandon(t, "stale.sock")
	for _, path := range []string{"bot.db.sock", "stale.sock", strings.Repeat("s", 200)} {
		if err := ops.ProbeSocket(t.Context(), path); !errors.Is(err, ops.ErrNoAnswer) || strings.Contains(err.Error(), "http://") {
			t.Errorf("%.20s: %v", path, err)
		}
		if _, err := ops.Backup(t.Context(), path); !errors.Is(err, ops.ErrNoAnswer) {
			t.Errorf("%.20s: %v", path, err)
		}
	}
}

// A process that answers and is not ready is still a process that answers.
func TestSickProcessIsSomebody(t *testing.T) {
	inFolder(t)
	l := mustListen(t, "bot.db.sock")
	var serving sync.WaitGroup
	s := &http.Server{Handler: http.NotFoundHandler()}
	serving.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { s.Close(); serving.Wait() })
	if err := ops.ProbeSocket(t.Context(), "bot.db.sock"); err == nil || errors.Is(err, ops.ErrNoAnswer) {
		t.Errorf("probe: %v", err)
	}
	if _, err := ops.Backup(t.Context(), "bot.db.sock"); err == nil || errors.Is(err, ops.ErrNoAnswer) || !strings.Contains(err.Error(), "404") {
		t.Errorf("backup: %v", err)
	}
}

func fetch(t *testing.T) ([]byte, error) {
	t.Helper()
	from, err := ops.Backup(t.Context(), "bot.db.sock")
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return io.ReadAll(from)
}

func TestBackupOverTheSocket(t *testing.T) {
	want := bytes.Repeat([]byte("a copy of what is kept\n"), 50_000)
	stop, log := control(t, source(func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(want))
		return err
	}))
	got, err := fetch(t)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
	stop()
	if !strings.Contains(log.String(), "level=INFO") || !strings.Contains(log.String(), "bytes=1150000") {
		t.Errorf("the log says\n%s", log)
	}
}

// A copy that breaks off is an error for its reader, even when what came
// before would have been as long as a small answer is.
func TestBrokenBackup(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "large": 1_000_000} {
		t.Run(name, func(t *testing.T) {
			stop, log := control(t, source(func(w io.Writer) error {
				if _, err := w.Write(make([]byte, size)); err != nil {
					return err
				}
				return errors.New("the disk is gone")
			}))
			if got, err := fetch(t); err == nil {
				t.Errorf("%d bytes look whole", len(got))
			}
			stop()
			if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "the disk is gone") {
				t.Errorf("the log says\n%s", log)
			}
		})
	}
}

func TestBackupThatCannotBegin(t *testing.T) {
	control(t, source(func(io.Writer) error { return errors.New("the disk is gone") }))
	if _, err := fetch(t); err == nil || !strings.Contains(err.Error(), "the disk is gone") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// The end of the process ends a copy that is being written, and waits for it:
// nothing touches the store after Serve has returned.
func TestEndInTheMiddleOfABackup(t *testing.T) {
	begun := make(chan struct{})
	var ended error
	stop, _ := control(t, source(func(w io.Writer) error {
		if _, ended = w.Write(make([]byte, 100_000)); ended == nil {
			close(begun)
		}
		for ended == nil {
			_, ended = w.Write(make([]byte, 100_000))
		}
		return ended
	}))
	from, err := ops.Backup(t.Context(), "bot.db.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	<-begun
	stop()
	if ended == nil {
		t.Error("the copy goes on after the end")
	}
	if n, err := io.Copy(io.Discard, from); err == nil {
		t.Errorf("%d bytes look whole", n)
	}
}

// A copy can be cancelled by its caller.
func TestBackupGivenUp(t *testing.T) {
	over := make(chan struct{})
	control(t, source(func(w io.Writer) (err error) {
		for err == nil {
			_, err = w.Write(make([]byte, 100_000))
		}
		close(over)
		return err
	}))
	ctx, cancel := context.WithCancel(t.Context())
	from, err := ops.Backup(ctx, "bot.db.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	cancel()
	if _, err := io.Copy(io.Discard, from); !errors.Is(err, context.Canceled) {
		t.Errorf("reading ends with %v", err)
	}
	<-over // the process stops writing it
}

// The control socket is for its user alone; the health page has no copies.
func TestHealthGivesNoBackup(t *testing.T) {
	inFolder(t)
	l := mustListen(t, "bot.db.sock")
	ctx, cancel := context.WithCancel(t.Context())
	var h ops.Health
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, h.Handler(), slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() { cancel(); serving.Wait() })
	if got, err := fetch(t); err == nil {
		t.Errorf("%d bytes", len(got))
	}
}
