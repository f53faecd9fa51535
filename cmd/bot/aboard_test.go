package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// askEnv makes the test binary ask the address in it over TLS. A process of its
// own is needed, since one reads the machine's certificates only once.
const askEnv = "KITEBOT_TEST_ASK"

// TestAsk is what such a process runs: it prints which roots it trusts, and what
// became of the question.
func TestAsk(t *testing.T) {
	url := os.Getenv(askEnv)
	if url == "" {
		t.Skip("this is the other half of TestRoots")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case pool.Equal(x509.NewCertPool()):
		t.Log("trusts nobody")
	case pool.Equal(mounted(t)):
		t.Log("trusts the mounted one alone")
	default:
		t.Log("trusts others")
	}
	resp, err := http.Get(url) // the server is on loopback, and ends with the test
	if err != nil {
		t.Log(err)
		return
	}
	resp.Body.Close()
	t.Log("answered")
}

// mounted is the pool of SSL_CERT_FILE alone, empty if there is no such file.
func mounted(t *testing.T) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(os.Getenv("SSL_CERT_FILE")); err == nil && !pool.AppendCertsFromPEM(text) {
		t.Fatal("SSL_CERT_FILE holds no certificate")
	}
	return pool
}

// Where the machine has no certificates, those in the program are trusted; a
// mounted file is trusted instead of them, not besides. That the zones are there
// deploy/check.sh sees: a machine that runs tests has zones of its own.
func TestRoots(t *testing.T) {
	if os.Getenv(askEnv) != "" {
		t.Skip("this is the process that TestRoots started")
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	empty, file := t.TempDir(), filepath.Join(t.TempDir(), "roots.pem")
	write(t, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"none on the machine": {filepath.Join(empty, "nothing.pem"), []string{"trusts others", "unknown authority"}},
		"a mounted one":       {file, []string{"trusts the mounted one alone", "answered"}},
	} {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAsk$", "-test.v")
			child.Env = append(os.Environ(), askEnv+"="+server.URL, "SSL_CERT_FILE="+test.file, "SSL_CERT_DIR="+empty)
			out, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}
