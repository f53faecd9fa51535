package stdlog_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"kitebot/internal/stdlog"
)

// The word for it is one to alert on: it is in a short list, whatever the error says.
func TestNetworkCause(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	number := func(n syscall.Errno) error { return dial(os.NewSyscallError("connect", n)) }
	for _, test := range []struct {
		err  error
		want string
	}{
		{number(syscall.ECONNREFUSED), "refused"}, {number(syscall.ECONNRESET), "reset"}, {number(syscall.EPIPE), "reset"},
		{number(syscall.ENETUNREACH), "no route"}, {number(syscall.EHOSTUNREACH), "no route"}, {number(syscall.EMFILE), "network"},
		{dial(&net.DNSError{Name: "RELIANCE"}), "dns"}, {dial(&net.DNSError{Name: "RELIANCE", IsTimeout: true}), "dns"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "tls"}, {x509.HostnameError{Certificate: &x509.Certificate{}}, "tls"},
		{tls.RecordHeaderError{Msg: "RELIANCE"}, "tls"},
		{os.ErrDeadlineExceeded, "timeout"}, {context.DeadlineExceeded, "timeout"}, {number(syscall.ETIMEDOUT), "timeout"},
		{io.EOF, "cut"}, {dial(errors.New("RELIANCE")), "network"}, {errors.New("RELIANCE"), "network"}, {context.Canceled, "canceled"},
	} {
		if got := stdlog.NetworkCause(fmt.Errorf("RELIANCE: %w", test.err)); got != test.want {
			t.Errorf("%v is %q, want %q", test.err, got, test.want)
		}
	}
}

// A broken connection is told by its kind, whatever words the error has.
func TestNetworkKind(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for want, err := range map[string]error{
		"given up":                     context.Canceled,
		"not in time":                  os.ErrDeadlineExceeded,
		"the host's name is not found": dial(&net.DNSError{Err: "RELIANCE", Name: "RELIANCE"}),
		"of an unknown authority":      &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"for another host":             &tls.CertificateVerificationError{Err: x509.HostnameError{Host: "RELIANCE", Certificate: &x509.Certificate{}}},
		"is not valid":                 &tls.CertificateVerificationError{Err: errors.New("RELIANCE")},
		"does not speak TLS":           tls.RecordHeaderError{Msg: "RELIANCE"},
		"connection refused":           dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"was cut":                      io.ErrUnexpectedEOF,
		"no connection":                dial(errors.New("RELIANCE")),
		"or what came over it":         errors.New("malformed HTTP response RELIANCE"),
	} {
		if got := stdlog.NetworkKind(fmt.Errorf("RELIANCE: %w", err)); !strings.Contains(got, want) || strings.Contains(got, "RELIANCE") {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
