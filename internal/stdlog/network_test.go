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
