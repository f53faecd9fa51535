package mcpconn

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
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

func (e wayError) Error() string {
	var (
		name    *net.DNSError
		cert    *tls.CertificateVerificationError
		shake   tls.RecordHeaderError
		errno   syscall.Errno
		network net.Error
	)
	switch {
	case errors.Is(e.err, context.Canceled):
		return "cancelled"
	case errors.As(e.err, &name):
		return "the server's name was not found"
	case errors.As(e.err, &cert):
		return "the server's certificate is not accepted"
	case errors.As(e.err, &shake):
		return "the server does not speak TLS"
	case errors.As(e.err, &errno):
		return errno.Error()
	case errors.As(e.err, &network) && network.Timeout():
		return "no answer in time"
	case errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF):
		return "the connection broke off"
	default:
		return "not an answer of HTTP"
	}
}

// GoString keeps %#v from walking into the hidden error.
func (e wayError) GoString() string { return e.Error() }

// Is lets [errors.Is] find the failure and what it wraps.
func (e wayError) Is(target error) bool { return errors.Is(e.err, target) }
