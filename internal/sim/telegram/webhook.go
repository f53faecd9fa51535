package telegram

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

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

const (
	// hookTimeout is how long the bot may take over one update.
	hookTimeout = 60 * time.Second
	// usualConnections is max_connections for those who do not say, mostConnections the most there can be.
	usualConnections, mostConnections = 40, 100
)

func newHookClient(o Options) *http.Client {
	return &http.Client{
		Timeout:       hookTimeout,
		Transport:     &http.Transport{DialContext: o.Dial, MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func setWebhook(s *Server, c *call) (any, *apiError) {
	if c.params["url"] == "" {
		return deleteWebhook(s, c)
	}
	limit, err := c.number("max_connections")
	if err != nil {
		return nil, err
	}
	if err := checkHook(c.params["url"], c.params["secret_token"]); err != nil {
		s.violation("setWebhook: %s", err.Description)
		return nil, err
	}
	if c.has("max_connections") && (limit < 1 || limit > mostConnections) {
		s.violation("setWebhook: max_connections of %d", limit) // Telegram takes the nearest
	}
	if c.now.Before(s.nextHook) { // no violation: a process that just started cannot know
		return nil, tooMany(1)
	}
	s.nextHook = c.now.Add(time.Second)
	if err := s.setAllowedUpdates(c); err != nil {
		return nil, err
	}
	s.dropPending(c)
	next := &webhook{url: c.params["url"], secret: c.params["secret_token"], max: usualConnections, busy: map[string]bool{}}
	if c.has("max_connections") {
		next.max = min(max(limit, 1), mostConnections)
	}
	if old := s.hook; old != nil && old.url == next.url && old.secret == next.secret && old.max == next.max {
		return described{true, "Webhook is already set"}, nil
	}
	s.stopPoll(conflict("terminated by setWebhook request"))
	s.startHook(next)
	return described{true, "Webhook was set"}, nil
}

// checkHook accepts https and, unlike Telegram, http on any port, but only to this machine: the simulator calls no
// other host.
func checkHook(link, secret string) *apiError {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if port := u.Port(); u.Scheme == "https" && !slices.Contains([]string{"", "443", "80", "88", "8443"}, port) {
		return badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
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
		s.updates.queue = nil
		s.notify()
	}
}

func getWebhookInfo(s *Server, _ *call) (any, *apiError) {
	info := webhookInfo{Pending: len(s.updates.queue), AllowedUpdates: s.updates.kinds}
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

// deliver posts updates: those of one order one after the other, the others in parallel.
func (s *Server) deliver(ctx context.Context, h *webhook) {
	var posts sync.WaitGroup
	defer posts.Wait()
	for {
		var next queuedUpdate
		err := s.wait(ctx, func() (ok bool) {
			next, ok = h.claim(s.updates.queue)
			return ok
		})
		if err != nil {
			return
		}
		posts.Go(func() { s.postUntilTaken(ctx, h, next) })
	}
}

// postUntilTaken posts an update until it is taken.
func (s *Server) postUntilTaken(ctx context.Context, h *webhook, u queuedUpdate) {
	for failures := 1; ; failures++ {
		after, err := s.postUpdate(ctx, h, u)
		if err == nil {
			s.delivered(ctx, h, u)
			return
		}
		s.hookFailed(h, err)
		select {
		case <-s.opts.After(pauseAfter(failures, after)):
		case <-ctx.Done():
			return
		}
	}
}

// pauseAfter is how long an update waits after having failed so often: as long as the answer asked for, up to an hour;
// else not at all the first time, and then twice as long each time, up to a minute.
func pauseAfter(failures int, asked time.Duration) time.Duration {
	switch {
	case asked > 0:
		return min(asked, time.Hour)
	case failures == 1:
		return 0
	}
	return min(time.Second<<min(failures-1, 6), time.Minute)
}

func (s *Server) hookFailed(h *webhook, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.lastErr, h.lastAt = err.Error(), s.opts.Now()
	s.notify()
}

// delivered takes the update off the queue, unless the webhook was removed meanwhile.
func (s *Server) delivered(ctx context.Context, h *webhook, u queuedUpdate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(h.busy, u.order)
	if ctx.Err() != nil {
		return
	}
	for i, q := range s.updates.queue {
		if q.id == u.id {
			s.keepConfirmed(s.updates.queue[i : i+1])
			s.updates.queue = append(s.updates.queue[:i:i], s.updates.queue[i+1:]...)
			break
		}
	}
	s.notify()
}

// postUpdate posts one update and wants a 2xx; after is what else the answer asks for. A method call in the answer's
// body is a violation: the simulator does not carry it out. So is a 410, which makes Telegram give a webhook up in the
// end.
func (s *Server) postUpdate(ctx context.Context, h *webhook, u queuedUpdate) (after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(u.raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("Connection failed: %w", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Contains(body, []byte(`"method"`)) {
		s.violation("webhook: the simulator does not carry out a method in the answer")
	}
	if resp.StatusCode == http.StatusGone {
		s.violation("webhook: answered with 410")
	}
	if resp.StatusCode/100 != 2 {
		return time.Duration(seconds) * time.Second, fmt.Errorf("Wrong response from the webhook: %s", resp.Status)
	}
	return 0, nil
}
