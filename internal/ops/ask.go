package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// socketBase is what a request over a socket is addressed to.
const socketBase = "http://socket"

// stall is how long a process that gives a copy may be silent.
const stall = 30 * time.Second

// ErrNobody: no connection could be had over the socket. There is none, a killed
// process left it, or it belongs to another user.
var ErrNobody = errors.New("nobody answers on the socket")

// Backup asks the process that listens on the socket for a copy of its store.
// The caller closes it. A copy that breaks off ends with an error, never with
// io.EOF.
func Backup(ctx context.Context, path string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(stall, func() { cancel(fmt.Errorf("it was silent for %v", stall)) })
	end := func() { timer.Stop(); cancel(nil) }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, socketBase+"/backup", nil)
	if err != nil {
		end()
		return nil, fmt.Errorf("ask for a backup: %w", err)
	}
	resp, err := over(path).Do(req)
	if err != nil {
		end()
		return nil, fmt.Errorf("ask for a backup: %w", plain(err))
	}
	if resp.StatusCode != http.StatusOK {
		defer end()
		defer resp.Body.Close()
		return nil, fmt.Errorf("ask for a backup: %s", reason(resp))
	}
	return &stream{ctx: ctx, body: resp.Body, timer: timer, end: end}, nil
}

// reason is the first line of a refusal.
func reason(resp *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what came of it is all there is
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return resp.Status + ": " + line
}

// plain leaves out the address that net/http puts before its errors: over a
// socket it is made up.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// over is a client that connects to a socket, whatever address it is given, and
// keeps nothing open.
func over(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, fmt.Errorf("%w (%w)", ErrNobody, err)
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
	s.timer.Reset(stall)
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
