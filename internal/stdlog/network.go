package stdlog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// NetworkKind says what kind of trouble broke a connection. The error's own words
// are left out: net/http quotes addresses in them, and what the far end sent.
func NetworkKind(err error) string {
	timeout, isNet := errors.AsType[net.Error](err)
	number, isNumber := errors.AsType[syscall.Errno](err)
	operation, isOperation := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "not in time"
	case isA[*net.DNSError](err):
		return "the host's name is not found"
	case isA[x509.UnknownAuthorityError](err):
		return "the connection is not safe: its certificate is of an unknown authority"
	case isA[x509.HostnameError](err):
		return "the connection is not safe: its certificate is for another host"
	case isA[*tls.CertificateVerificationError](err):
		return "the connection is not safe: its certificate is not valid"
	case isA[tls.RecordHeaderError](err):
		return "the host does not speak TLS"
	case isNumber:
		return number.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was cut"
	case isOperation && operation.Op == "dial":
		return "no connection"
	default:
		return "the connection is broken, or what came over it"
	}
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
