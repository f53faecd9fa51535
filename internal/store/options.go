package store

import (
	"log/slog"
	"time"
)

// Options say where a store is and how it is opened.
type Options struct {
	// Path is the file. Its folder must exist and be writable.
	Path string
	// Key is the master key of 32 bytes. Nil means the one in the file Path+".key",
	// which is made when the store is.
	Key []byte
	// OldKey is the key before Key; nil for none. A store that is still sealed with
	// it is sealed with Key by Open, once and for all: see [rotate]. It is not
	// needed any more after that. A store whose key was in the file Path+".key"
	// rotates when Key is set to a new one and OldKey to the content of that file.
	OldKey []byte
	Now    func() time.Time // nil: time.Now
	Meter  Meter            // nil: nothing is measured
	Logger *slog.Logger     // nil: nothing is logged
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Meter == nil {
		o.Meter = noopMeter{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Meter measures writes to the store. It must not block.
type Meter interface {
	// Commit is told how long one took, the wait for the disk included, and
	// whether it is on the disk. One that was declined (a Kite user who belongs to
	// another person) wrote nothing and is not told.
	Commit(took time.Duration, ok bool)
}

// noopMeter measures nothing.
type noopMeter struct{}

func (noopMeter) Commit(time.Duration, bool) {}
