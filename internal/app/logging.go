package app

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"regexp"
	"strings"
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

// quoting is how net/http begins to quote, to the end of its words, an answer that
// makes no sense: it may be the rest of another one, with anybody's figures in it.
var quoting = regexp.MustCompile(`(?s)(malformed (?:HTTP|MIME)|(?:bad|invalid|multiple) Content-Length|(?:unsupported|too many) transfer encoding|invalid (?:header|trailer)|failed to parse Location|sent GOAWAY|unexpected ALPN).*`)

const dots = "•••"

func redact(s, token string) string {
	if token != "" {
		s = strings.ReplaceAll(s, token, dots)
	}
	s = secrets.ReplaceAllString(s, dots)
	for _, p := range parameters {
		s = p.ReplaceAllString(s, "${1}"+dots+"${2}")
	}
	return quoting.ReplaceAllString(s, "${1} "+dots)
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
