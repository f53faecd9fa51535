package mcpconn

import (
	"context"
	"io"
	"sync/atomic"

	"kitebot/internal/kite/wire"

	"golang.org/x/sync/semaphore"
)

// The bounds of answers, in bytes.
const (
	// maxAnswer bounds one answer, and one event. The longest real one, 22,500
	// candles, has 3 MB, and thousands of holdings have 2 MB.
	maxAnswer = 4 << 20
	// freeAnswer is how much of each answer is read without a reservation:
	// ordinary answers never wait for large ones.
	freeAnswer = 64 << 10
	// maxLarge bounds the large answers of all people together, from the moment
	// they outgrow freeAnswer until they are decoded. They take about 2.3 times as
	// much memory: the body and its text at once, or the text and its rows.
	maxLarge = 6 << 20
)

// budget bounds the large answers that are on their way at once.
type budget struct{ free *semaphore.Weighted }

func newBudget() *budget { return &budget{semaphore.NewWeighted(maxLarge)} }

// reserve waits until there is room for so many bytes, until ctx ends at the
// longest: errBusy then. An answer has one reservation, which never grows, and a
// caller that holds one already does not wait for another, so that no two wait
// for each other. What can never fit is errAnswerTooBig.
func (b *budget) reserve(ctx context.Context, bytes int64, holding bool) (*reservation, error) {
	switch {
	case bytes > maxAnswer:
		return nil, errAnswerTooBig
	case b.free.TryAcquire(bytes):
	case holding || b.free.Acquire(ctx, bytes) != nil:
		return nil, errBusy
	}
	r := &reservation{budget: b}
	r.bytes.Store(bytes)
	return r, nil
}

// reservation is the room of one answer. nil is none, for a small answer.
type reservation struct {
	budget *budget
	bytes  atomic.Int64
}

// shrink gives back what turned out not to be needed.
func (r *reservation) shrink(to int) {
	if r != nil {
		r.budget.free.Release(max(0, r.bytes.Swap(int64(to))-int64(to)))
	}
}

// release gives back all. It may be called again.
func (r *reservation) release() { r.shrink(0) }

// bounded reads the body of one answer within the bounds.
type bounded struct {
	io.Reader
	ctx    context.Context // of the request, which bounds the wait
	budget *budget
	length int64 // of the body; -1 when it is not said
	read   int64
	held   *reservation
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	most := int64(maxAnswer + 1)
	switch {
	case b.held != nil:
	case b.read < freeAnswer:
		most = freeAnswer
	default:
		need := b.length
		if need < 0 {
			need = maxAnswer
		}
		var err error
		if b.held, err = b.budget.reserve(b.ctx, need, wire.ReleasePending(b.ctx)); err != nil {
			return 0, err
		}
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), most-b.read)])
	if b.read += int64(n); b.read > maxAnswer {
		return 0, errAnswerTooBig
	}
	return n, err
}
