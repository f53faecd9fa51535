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
	_, text := network(err)
	return text
}

// NetworkCause is NetworkKind in a word or two that never change, to look for and
// to alert on: canceled, timeout, dns, tls, refused, reset, no route, cut, network.
func NetworkCause(err error) string {
	word, _ := network(err)
	return word
}

func network(err error) (word, text string) {
	timeout, isNet := errors.AsType[net.Error](err)
	number, isNumber := errors.AsType[syscall.Errno](err)
	operation, isOperation := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled", "given up"
	case isA[*net.DNSError](err): // be it one that timed out
		return "dns", "the host's name is not found"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "timeout", "not in time"
	case isA[x509.UnknownAuthorityError](err):
		return "tls", "the connection is not safe: its certificate is of an unknown authority"
	case isA[x509.HostnameError](err):
		return "tls", "the connection is not safe: its certificate is for another host"
	case isA[*tls.CertificateVerificationError](err):
		return "tls", "the connection is not safe: its certificate is not valid"
	case isA[tls.RecordHeaderError](err):
		return "tls", "the host does not speak TLS"
	case isNumber:
		return numbered(number), number.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "cut", "the connection was cut"
	case isOperation && operation.Op == "dial":
		return "network", "no connection"
	default:
		return "network", "the connection is broken, or what came over it"
	}
}

func numbered(number syscall.Errno) string {
	switch number {
	case syscall.ECONNREFUSED:
		return "refused"
	case syscall.ECONNRESET, syscall.EPIPE:
		return "reset"
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH:
		return "no route"
	default:
		return "network"
	}
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
