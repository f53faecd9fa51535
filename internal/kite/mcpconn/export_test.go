package mcpconn

import (
	"context"
	"io"
	"net/http"
)

// What tests, which see the package from outside, need of its inside.

const (
	MaxAnswer, FreeAnswer, MaxLarge, MaxDocument = maxAnswer, freeAnswer, maxLarge, maxDocument
	MaxPages, MostConnecting, KeptOfRefused      = maxPages, mostConnecting, beginning
	ProtocolVersion, PasteRedirect               = protocolVersion, pasteRedirect
	ResourceDocument, ServerDocument             = resourceDocument, serverDocument
	ErrClosed, ErrLost, ErrSilent, ErrForeign    = errClosed, errLost, errSilent, errForeign
)

// Knows has the Dialer take the server for one of that surface.
func (d *Dialer) Knows(s Surface) *Dialer {
	d.surfaces.surface = s
	return d
}

// Rest waits until nothing is under way.
func (d *Dialer) Rest() { d.work.Wait() }

// Get asks for an address as everything is asked that is sent.
func (d *Dialer) Get(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Reserve takes so many bytes of the budget, if they are free.
func (d *Dialer) Reserve(bytes int64) bool { return d.budget.free.TryAcquire(bytes) }

// Release gives them back.
func (d *Dialer) Release(bytes int64) { d.budget.free.Release(bytes) }

// KnownBearers counts the bearers of which something is kept.
func (d *Dialer) KnownBearers() int {
	d.grants.mu.Lock()
	defer d.grants.mu.Unlock()
	return len(d.grants.all)
}

// Event is an event of a stream.
type Event struct {
	Name, Data string
	Refused    error
}

// EventReader reads events.
type EventReader struct {
	events *events
	budget *budget
}

// NewEventReader returns a reader with a budget of its own.
func NewEventReader(r io.Reader, buffer int, lenient bool) *EventReader {
	e := &EventReader{newEvents(r, buffer, lenient), newBudget()}
	e.events.room = func() (*reservation, error) { return e.budget.reserve(context.Background(), maxAnswer, true) }
	return e
}

// Next reads an event, and gives back what was reserved for it.
func (r *EventReader) Next() (Event, error) {
	e, err := r.events.next()
	e.held.release()
	return Event{e.name, e.data, e.refused}, err
}

// Idle reports whether nothing is reserved.
func (r *EventReader) Idle() bool { return r.budget.free.TryAcquire(maxLarge) }

// Endpoints, CheckServer and CheckResource are what is made of the documents of OAuth.
type Endpoints = endpoints

var CheckServer, CheckResource = checkServer, checkResource
