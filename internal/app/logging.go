package app

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"kitebot/internal/stdlog"
)

// NewLogger makes the logger of the process. Times are UTC. Whatever looks like
// a secret is replaced on its way out: a last net, since nothing should get there.
func NewLogger(w io.Writer, c Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		return clean(a, c.Token)
	}}
	if c.LogsJSON(w) {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// LogsJSON reports whether what is logged to w is JSON.
func (c Config) LogsJSON(w io.Writer) bool {
	if c.LogJSON != nil {
		return *c.LogJSON
	}
	return !isTerminal(w)
}

// TakeStandardLog sends what is written with package log, or to slog's default
// logger, to l. The words of package log are left out, see [stdlog.New]; no library
// that is linked uses slog's default logger. It changes the whole process.
func TakeStandardLog(l *slog.Logger) {
	gate := newFloodgate(l.Handler()) // for the life of the process, so it is not closed
	slog.SetDefault(slog.New(gate))   // which takes package log as well, with its words
	standard := stdlog.New(gate, slog.LevelWarn)
	log.SetFlags(standard.Flags())
	log.SetOutput(standard.Writer())
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// secrets is what must not be in a log: bot tokens, MCP session ids (a bare
// UUID or one with the server's prefix), login links, bearers (JWTs), and the
// codes of logins by OAuth (64 hexadecimal digits).
var secrets = regexp.MustCompile(`\d{5,}:[A-Za-z0-9_-]{30,}` +
	`|(?i:(kitemcp-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})` +
	`|https?://\S*/(?:connect/login|authorize)\S*` +
	`|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*` +
	`|[0-9A-Fa-f]{64,}`)

// parameters are the values in a query that must not be in a log either, each
// behind its name. Code and state are common words: alone they count only where
// a value is long, or another parameter follows. The order is that of replacing.
var parameters = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:[?&#;]|\\u0026|%(?:25)*(?:3F|26|23|3B))(?:code|state|code_verifier|access_token|refresh_token)(?:=|%(?:25)*3D))[^\s&#"'<>\\]+`),
	regexp.MustCompile(`(?i)(\b(?:code_verifier|access_token|refresh_token)=)[^\s&#"'<>\\]+`),
	regexp.MustCompile(`(?i)(\b(?:code|state)=)[^\s&#"'<>\\]{16,}`),
	regexp.MustCompile(`(?i)(\b(?:code|state)=)[^\s&#"'<>\\]+((?:&|\\u0026)[a-z_]+=)`),
}

// quotedAnswer is how net/http begins to quote, to the end of its words, an answer that
// makes no sense: it may be the rest of another one, with a person's figures in it.
var quotedAnswer = regexp.MustCompile(`(?s)(malformed (?:HTTP|MIME)|(?:bad|invalid|multiple) Content-Length|(?:unsupported|too many) transfer encoding|invalid (?:header|trailer)|failed to parse Location|sent GOAWAY|unexpected ALPN).*`)

func redact(s, token string) string {
	if token != "" {
		s = strings.ReplaceAll(s, token, dots)
	}
	s = secrets.ReplaceAllString(s, dots)
	for _, p := range parameters {
		s = p.ReplaceAllString(s, "${1}"+dots+"${2}")
	}
	return quotedAnswer.ReplaceAllString(s, "${1} "+dots)
}

func clean(a slog.Attr, token string) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindTime:
		if a.Key == slog.TimeKey {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
	case slog.KindDuration: // in JSON too a text: "1.234s" needs no unit to be known
		a.Value = slog.StringValue(a.Value.Duration().Round(time.Millisecond).String())
	case slog.KindString:
		a.Value = slog.StringValue(redact(a.Value.String(), token))
	case slog.KindAny:
		if a.Key != slog.LevelKey && a.Key != slog.SourceKey {
			a.Value = slog.StringValue(redact(fmt.Sprint(a.Value.Any()), token))
		}
	}
	return a
}

const (
	// floodWindow is how long a warning that was written stands for those like it.
	floodWindow = time.Minute
	// mostKinds bounds the kinds of warnings that are kept apart. What comes above
	// it is written as it comes.
	mostKinds = 1000
)

// floodgate lets a log stay readable while something is down. Warnings of one
// kind are written once a minute, and those held back are counted in a line of
// their own. An error passes unless its very text was written a moment ago, and
// a line with a reference always does: a person was shown that reference.
// samber/slog-sampling writes no count of what it drops, and needs five
// more modules.
type floodgate struct {
	slog.Handler
	recent *recentWarnings
	with   string // the kind that the attributes of With make
}

// newFloodgate puts a gate before a handler. Close it at the end: it writes the
// counts that are due.
func newFloodgate(next slog.Handler) *floodgate {
	return &floodgate{Handler: next, recent: &recentWarnings{kinds: map[string]*warningKind{}}}
}

// Close writes what was held back, and holds nothing back from then on.
func (f *floodgate) Close() { f.recent.close() }

func (f *floodgate) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		if kind, held := f.kindOf(r); held && f.recent.hold(kind, r, f.Handler) {
			return nil
		}
	}
	return f.Handler.Handle(ctx, r)
}

func (f *floodgate) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := f.with
	for _, a := range attrs {
		with += kindPart(a, slog.LevelWarn)
	}
	return &floodgate{Handler: f.Handler.WithAttrs(attrs), recent: f.recent, with: with}
}

func (f *floodgate) WithGroup(name string) slog.Handler {
	return &floodgate{Handler: f.Handler.WithGroup(name), recent: f.recent, with: f.with + "\x00" + name}
}

// kindOf tells lines apart; held is false for those that are never held back.
func (f *floodgate) kindOf(r slog.Record) (kind string, held bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d%s\x00%s", r.Level, f.with, r.Message)
	held = true
	r.Attrs(func(a slog.Attr) bool {
		held = a.Key != "ref"
		b.WriteString(kindPart(a, r.Level))
		return held
	})
	return b.String(), held
}

// kindPart is what an attribute adds to the kind of a line: nothing unless its
// values are few. The cause of an error is its text; that of a warning can be
// another one each time, as with the ports in it.
func kindPart(a slog.Attr, l slog.Level) string {
	few := []string{"command", "component", "effect", "event", "kind", "method", "setting", "type", "variable"}
	cause := []string{"err", "error", "cause", "panic"}
	if slices.Contains(few, a.Key) || l >= slog.LevelError && slices.Contains(cause, a.Key) {
		return "\x00" + a.String()
	}
	return ""
}

// recentWarnings is what was written in the last minute.
type recentWarnings struct {
	timers sync.WaitGroup // of the timers that are set or run

	mu     sync.Mutex
	closed bool
	kinds  map[string]*warningKind
}

// warningKind is a kind of line that was written, and what was held back since.
type warningKind struct {
	n    int
	last slog.Record
	to   slog.Handler
	stop func() bool // of the timer that ends the minute
}

// hold reports whether a line is held back, because one of its kind was written
// less than a minute ago.
func (t *recentWarnings) hold(kind string, r slog.Record, to slog.Handler) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kinds[kind]
	switch {
	case k != nil:
		k.n, k.last, k.to = k.n+1, r.Clone(), to
		return true
	case !t.closed && len(t.kinds) < mostKinds:
		k = &warningKind{}
		t.kinds[kind] = k
		t.await(kind, k)
	}
	return false
}

// await sets the timer that ends a kind's minute.
func (t *recentWarnings) await(kind string, k *warningKind) {
	t.timers.Add(1)
	k.stop = time.AfterFunc(floodWindow, func() {
		defer t.timers.Done()
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case t.closed:
		case k.n == 0:
			delete(t.kinds, kind)
		default: // the flood goes on, and so does the silence
			k.write(time.Now())
			t.await(kind, k)
		}
	}).Stop
}

// write says how many lines of a kind were held back, with the last of them.
func (k *warningKind) write(now time.Time) {
	r := slog.NewRecord(now, k.last.Level, k.last.Message, 0)
	r.AddAttrs(slog.Int("held_back", k.n))
	k.last.Attrs(func(a slog.Attr) bool { r.AddAttrs(a); return true })
	k.n = 0
	_ = k.to.Handle(context.Background(), r) // there is no place to report a log that cannot be written
}

func (t *recentWarnings) close() {
	t.mu.Lock()
	t.closed = true
	now := time.Now()
	for kind, k := range t.kinds {
		if k.stop() {
			t.timers.Done()
		}
		if k.n > 0 {
			k.write(now)
		}
		delete(t.kinds, kind)
	}
	t.mu.Unlock()
	t.timers.Wait()
}
