package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
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
	if _, err := ask(ctx, socketClient(path), socketBase+"/healthz", http.StatusOK); err != nil {
		return fmt.Errorf("probe %s: %w", path, err)
	}
	return nil
}

// ReadySocket is [Ready] over the socket at that path.
func ReadySocket(ctx context.Context, path string) (Report, error) {
	r, err := askReady(ctx, socketClient(path), socketBase)
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
		return nil, withoutAddress(err)
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

// socketBase is what a request over a socket is addressed to.
const socketBase = "http://socket"

// copyIdleTime is how long a process that gives a copy may be silent.
const copyIdleTime = 30 * time.Second

// ErrNoAnswer: no connection could be had over the socket. There is none, a killed
// process left it, or it belongs to another user.
var ErrNoAnswer = errors.New("no process answers on the socket")

// Backup asks the process that listens on the socket for a copy of its store.
// The caller closes it. A copy that breaks off ends with an error, never with
// io.EOF.
func Backup(ctx context.Context, path string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(copyIdleTime, func() { cancel(fmt.Errorf("it was silent for %v", copyIdleTime)) })
	end := func() { timer.Stop(); cancel(nil) }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, socketBase+"/backup", nil)
	if err != nil {
		end()
		return nil, fmt.Errorf("ask for a backup: %w", err)
	}
	resp, err := socketClient(path).Do(req)
	if err != nil {
		end()
		return nil, fmt.Errorf("ask for a backup: %w", withoutAddress(err))
	}
	if resp.StatusCode != http.StatusOK {
		defer end()
		defer resp.Body.Close()
		return nil, fmt.Errorf("ask for a backup: %s", refusalReason(resp))
	}
	return &stream{ctx: ctx, body: resp.Body, timer: timer, end: end}, nil
}

// refusalReason is the first line of a refusal.
func refusalReason(resp *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what came of it is all there is
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return resp.Status + ": " + line
}

// withoutAddress leaves out the address that net/http puts before its errors: over a
// socket it is made up.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// socketClient is a client that connects to a socket, whatever address it is given, and
// keeps nothing open.
func socketClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, fmt.Errorf("%w (%w)", ErrNoAnswer, err)
			}
			return conn, nil
		},
	}}
}

// stream is the body of a copy, with a bound on each silence.
type stream struct {
	ctx   context.Context
	body  io.ReadCloser
	timer *time.Timer
	end   func()
}

func (s *stream) Read(b []byte) (int, error) {
	s.timer.Reset(copyIdleTime)
	n, err := s.body.Read(b)
	s.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		if cause := context.Cause(s.ctx); cause != nil {
			err = cause
		}
		err = fmt.Errorf("the backup broke off: %w", err)
	}
	return n, err
}

func (s *stream) Close() error {
	s.end()
	return s.body.Close()
}
