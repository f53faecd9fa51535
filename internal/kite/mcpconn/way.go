package mcpconn

import (
	"errors"

	"kitebot/internal/stdlog"
)

// wayError is a failure on the way to the server or back. Its text says only of
// which kind: net/http quotes what the far end sent, which may be account data.
type wayError struct{ err error }

// onTheWay is a failure of a request: a reason of ours as it is, and anything else
// as a wayError.
func onTheWay(err error) error {
	if ours, ok := errors.AsType[reason](err); ok {
		return ours
	}
	return wayError{err}
}

func (e wayError) Error() string { return stdlog.NetworkKind(e.err) }

// GoString keeps %#v from walking into the hidden error.
func (e wayError) GoString() string { return e.Error() }

// Is lets [errors.Is] find the failure and what it wraps.
func (e wayError) Is(target error) bool { return errors.Is(e.err, target) }
