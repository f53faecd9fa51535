package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
)

// largestReport bounds what is read of an answer, in bytes.
const largestReport = 64 << 10

// Probe asks a running process for /healthz: what a container's health check runs.
func Probe(ctx context.Context, addr string) error {
	base, err := baseOf(addr)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if _, err := ask(ctx, http.DefaultClient, base+"/healthz", http.StatusOK); err != nil {
		return fmt.Errorf("probe %s: %w", addr, err)
	}
	return nil
}

// Ready asks a running process for /readyz. That it is not ready is no error.
func Ready(ctx context.Context, addr string) (Report, error) {
	base, err := baseOf(addr)
	if err != nil {
		return Report{}, fmt.Errorf("ask: %w", err)
	}
	r, err := askReady(ctx, http.DefaultClient, base)
	if err != nil {
		return Report{}, fmt.Errorf("ask %s: %w", addr, err)
	}
	return r, nil
}

// ProbeSocket is [Probe] over the socket at that path.
func ProbeSocket(ctx context.Context, path string) error {
	if _, err := ask(ctx, over(path), socketBase+"/healthz", http.StatusOK); err != nil {
		return fmt.Errorf("probe %s: %w", path, err)
	}
	return nil
}

// ReadySocket is [Ready] over the socket at that path.
func ReadySocket(ctx context.Context, path string) (Report, error) {
	r, err := askReady(ctx, over(path), socketBase)
	if err != nil {
		return Report{}, fmt.Errorf("ask %s: %w", path, err)
	}
	return r, nil
}

// baseOf is how the process that listens on an address is reached from the same
// machine.
func baseOf(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// askReady wants a report such as [Health] makes, and none of another program's
// that may have the address.
func askReady(ctx context.Context, client *http.Client, base string) (r Report, err error) {
	text, err := ask(ctx, client, base+"/readyz?format=json", http.StatusOK, http.StatusServiceUnavailable)
	if err != nil {
		return Report{}, err
	}
	if json.Unmarshal(text, &r) != nil || !slices.Contains([]Status{StatusReady, StatusDegraded, StatusNotReady}, r.Status) {
		return Report{}, errors.New("what answers is not a report: does another program listen there?")
	}
	return r, nil
}

// ask returns the body of an answer with one of the codes.
func ask(ctx context.Context, client *http.Client, url string, codes ...int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer resp.Body.Close()
	if !slices.Contains(codes, resp.StatusCode) {
		return nil, errors.New(resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestReport))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return body, nil
}
