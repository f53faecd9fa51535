package telegram

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// webhook is where updates are posted while one is set.
type webhook struct {
	url     string
	secret  string
	max     int64
	stop    context.CancelFunc
	busy    map[string]bool // whose first update is being delivered
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

// checkHook accepts https and, unlike Telegram, http on any port, but only to this machine: the simulator calls nobody
// else.
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

func (s *Server) stopHook() {
	if s.hook != nil {
		s.hook.stop()
		s.hook = nil
	}
}
