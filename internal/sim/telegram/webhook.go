package telegram

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// webhook is where updates are posted while one is set.
type webhook struct {
	url     string
	secret  string
	max     int64
	stop    context.CancelFunc
	lastErr string
	lastAt  time.Time
}

type webhookInfo struct {
	URL             string   `json:"url"`
	Custom          bool     `json:"has_custom_certificate"`
	Pending         int      `json:"pending_update_count"`
	LastErrorDate   int64    `json:"last_error_date,omitempty"`
	LastErrorText   string   `json:"last_error_message,omitempty"`
	MaxConnections  int64    `json:"max_connections,omitempty"`
	AllowedUpdates  []string `json:"allowed_updates,omitempty"`
	IPAddress       string   `json:"ip_address,omitempty"`
	LastSyncErrDate int64    `json:"last_synchronization_error_date,omitempty"`
}

// hookTimeout is how long the bot may take over one update.
const hookTimeout = 60 * time.Second

func newHookClient() *http.Client {
	return &http.Client{
		Timeout:       hookTimeout,
		Transport:     &http.Transport{MaxIdleConns: 2, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func setWebhook(s *Server, c *call) (any, *apiError) {
	if c.params["url"] == "" {
		return deleteWebhook(s, c)
	}
	if err := s.refuseUnknown(c); err != nil {
		return nil, err
	}
	limit, err := c.number("max_connections")
	if err != nil {
		return nil, err
	}
	if err := s.checkHook(c.params["url"], c.params["secret_token"]); err != nil {
		s.violate("setWebhook: %s", err.Description)
		return nil, err
	}
	if err := s.allow(c); err != nil {
		return nil, err
	}
	s.dropPending(c)
	next := &webhook{url: c.params["url"], secret: c.params["secret_token"], max: limit}
	if limit == 0 {
		next.max = 40
	}
	if old := s.hook; old != nil && old.url == next.url && old.secret == next.secret && old.max == next.max {
		return described{true, "Webhook is already set"}, nil
	}
	s.stopPoll("terminated by setWebhook request")
	s.startHook(next)
	return described{true, "Webhook was set"}, nil
}

// checkHook accepts https and, unlike Telegram, http, but only to this machine: the simulator calls nobody else.
func (s *Server) checkHook(link, secret string) *apiError {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return badRequest("bad webhook: the simulator delivers to loopback addresses only")
	}
	if len(secret) > 256 {
		return badRequest("secret token is too long")
	}
	for _, r := range secret {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", r) {
			return badRequest("secret token contains unallowed characters")
		}
	}
	return nil
}

func deleteWebhook(s *Server, c *call) (any, *apiError) {
	s.dropPending(c)
	if s.hook == nil {
		return described{true, "Webhook is already deleted"}, nil
	}
	s.stopHook()
	return described{true, "Webhook was deleted"}, nil
}

func (s *Server) dropPending(c *call) {
	if c.flag("drop_pending_updates") {
		s.intake.queue = nil
		s.touch()
	}
}

func getWebhookInfo(s *Server, _ *call) (any, *apiError) {
	info := webhookInfo{Pending: len(s.intake.queue), AllowedUpdates: s.intake.kinds}
	if h := s.hook; h != nil {
		info.URL, info.MaxConnections, info.IPAddress = h.url, h.max, "127.0.0.1"
		if h.lastErr != "" {
			info.LastErrorText, info.LastErrorDate = h.lastErr, h.lastAt.Unix()
		}
	}
	return info, nil
}

// startHook replaces the webhook and its goroutine. The caller holds the lock.
func (s *Server) startHook(h *webhook) {
	s.stopHook()
	select {
	case <-s.closed:
		return
	default:
	}
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	s.hook = h
	s.workers.Go(func() { s.deliver(ctx, h) })
}

func (s *Server) stopHook() {
	if s.hook != nil {
		s.hook.stop()
		s.hook = nil
	}
}

// deliver posts updates one after the other, in order, and stays with one until it is taken.
func (s *Server) deliver(ctx context.Context, h *webhook) {
	failures := 0
	for {
		var next queued
		err := s.wait(ctx, func() bool {
			if len(s.intake.queue) == 0 {
				return false
			}
			next = s.intake.queue[0]
			return true
		})
		if err != nil {
			return
		}
		if err := s.postUpdate(ctx, h, next); err != nil {
			failures++
			s.hookFailed(h, err)
			select {
			case <-s.opts.After(min(time.Second<<min(failures-1, 6), time.Minute)):
			case <-ctx.Done():
				return
			}
			continue
		}
		failures = 0
		s.delivered(ctx, next)
	}
}

func (s *Server) hookFailed(h *webhook, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.lastErr, h.lastAt = err.Error(), s.opts.Now()
	s.touch()
}

// delivered takes the update off the queue, unless the webhook was removed meanwhile.
func (s *Server) delivered(ctx context.Context, u queued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || len(s.intake.queue) == 0 || s.intake.queue[0].id != u.id {
		return
	}
	s.intake.queue = s.intake.queue[1:]
	s.touch()
}

// postUpdate posts one update and wants a 2xx. A method call in the answer's body is a violation: the simulator does
// not carry it out.
func (s *Server) postUpdate(ctx context.Context, h *webhook, u queued) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(u.raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("Connection failed: %w", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("Wrong response from the webhook: %s", resp.Status)
	}
	if bytes.Contains(body, []byte(`"method"`)) {
		s.mu.Lock()
		s.violate("webhook: the simulator does not carry out a method in the answer")
		s.mu.Unlock()
	}
	return nil
}
