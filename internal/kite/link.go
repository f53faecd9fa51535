package kite

import (
	"fmt"
	"kitebot/internal/kite/wire"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Link is a Kite login link. It carries the session id in clear, so it prints
// as dots; only the button that opens it and the sealed store call Reveal.
type Link struct{ value string }

// RestoreLink wraps a link that was checked when it was made.
func RestoreLink(value string) Link { return Link{value} }

// Reveal returns the address.
func (l Link) Reveal() string { return l.value }

func (l Link) String() string       { return "•••" }
func (l Link) GoString() string     { return "•••" }
func (l Link) LogValue() slog.Value { return slog.StringValue("•••") }

// ShowsNotice reports whether the link first opens the page of Kite's MCP server
// that warns of AI apps and has a second link to the login page. The hosted
// server gives out such links since July 2026.
func (l Link) ShowsNotice() bool {
	u, err := url.Parse(l.value)
	return err == nil && u.Path == noticePath
}

// noticePath is where the hosted server shows that page.
const noticePath = "/authorize"

// maxLink bounds a login link, in bytes. Real ones have 150 to 230.
const maxLink = 2048

// address finds whatever looks like a web address in prose or Markdown. It
// stops at space, at brackets and quotes, and at bytes that no address holds,
// so that what was checked is what is opened.
var address = regexp.MustCompile(`https?://(?:\[[0-9a-f:.]+\])?[A-Za-z0-9\-._~:/?#@!$&*+,;=%]+`)

// ParseLink finds the login link of the session with the given id in the text
// of the login tool. The words around it are not looked at, and its path and
// parameters are the server's to change.
//
// A candidate is https on its default port at exactly one of hosts (or at
// "host:port", where hosts name the port), without user info or fragment. For
// tests and the demo, http counts too at a loopback IP that is one of hosts:
// "127.0.0.1" allows it on every port, "127.0.0.1:4567" on that one.
//
// Candidates in whose query the session id can be read are the link if they are
// one and the same. Only if there are none, a single candidate is. The error is
// of [wire.KindNoLink] and wraps an [*UnknownLinkError].
func ParseLink(text, session string, hosts []string) (Link, error) {
	var ours, others, seen []string
	for _, at := range address.FindAllStringIndex(text, -1) {
		s := strings.TrimRight(text[at[0]:at[1]], ".,;:!?*")
		if at[0] > 0 && text[at[0]-1] == '_' {
			s = strings.TrimSuffix(s, "_") // Markdown's emphasis
		}
		u, ok := parseCandidate(s, hosts)
		switch {
		case !ok || isCut(text[at[1]:]):
			seen = append(seen, s)
		case namesSession(u.RawQuery, session):
			ours = append(ours, s)
		case u.Query().Has("session_id"), strings.Contains(u.RawQuery, sessionPrefix): // another's
			seen = append(seen, s)
		default:
			others = append(others, s)
		}
	}
	candidates := ours
	if len(candidates) == 0 {
		candidates = others
	}
	slices.Sort(candidates)
	if candidates = slices.Compact(candidates); len(candidates) == 1 {
		return Link{candidates[0]}, nil
	}
	unknown := &UnknownLinkError{Count: len(candidates), Seen: shapes(slices.Concat(ours, others, seen), session)}
	return Link{}, &wire.Error{Kind: wire.KindNoLink, Tool: "login", Err: unknown}
}

// sessionPrefix begins the ids of sessions that were made on /mcp.
const sessionPrefix = "kitemcp-"

// isCut reports whether an address goes on, by the rest of the text, beyond what is
// taken for one: a link without its end opens nothing.
func isCut(rest string) bool {
	return rest != "" && !strings.ContainsRune(" \t\r\n)]>\"'`\\", rune(rest[0]))
}

// parseCandidate reads an address that may be a login link.
func parseCandidate(s string, hosts []string) (*url.URL, bool) {
	if len(s) > maxLink {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return nil, false
	}
	return u, isLoginHost(u, hosts)
}

func isLoginHost(u *url.URL, hosts []string) bool {
	switch u.Scheme {
	case "https":
		plain := u.Port() == "443" || u.Host == u.Hostname()
		return u.Hostname() != "" && (plain && slices.Contains(hosts, u.Hostname()) || u.Port() != "" && slices.Contains(hosts, u.Host))
	case "http":
		ip, err := netip.ParseAddr(u.Hostname())
		return err == nil && ip.IsLoopback() && ip.Zone() == "" &&
			(slices.Contains(hosts, u.Host) || slices.Contains(hosts, u.Hostname()))
	default:
		return false
	}
}

// shortestName is the length from which on a session id is looked for. A
// shorter one could stand in a query by chance.
const shortestName = 8

// namesSession reports whether a session id can be read in a query. It may be escaped
// several times: the older link carries it in a parameter inside a parameter.
func namesSession(query, session string) bool {
	if len(session) < shortestName {
		return false
	}
	for range 3 {
		for at := 0; ; {
			i := strings.Index(query[at:], session)
			if i < 0 {
				break
			}
			at += i + len(session)
			if at == len(query) || !isAlphanumeric(query[at]) {
				return true
			}
		}
		next, err := url.QueryUnescape(query)
		if err != nil || next == query {
			return false
		}
		query = next
	}
	return false
}

func isAlphanumeric(b byte) bool {
	return b <= unicode.MaxASCII && (unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b)))
}

// UnknownLinkError says that the login tool answered with no link, or with
// several, by the rule of [ParseLink]. Its text may be logged.
type UnknownLinkError struct {
	Count int      // how many different candidates there were
	Seen  []string // the form of each address in the answer: host, path, names of the query keys
}

func (e *UnknownLinkError) Error() string {
	what := "no login link at an allowed host"
	if e.Count > 1 {
		what = fmt.Sprintf("%d different login links", e.Count)
	}
	if len(e.Seen) == 0 {
		return what + ", and no other address"
	}
	return what + "; seen: " + strings.Join(e.Seen, ", ")
}

const (
	maxShapes    = 4  // addresses described in an error
	maxShapeWord = 64 // bytes of a host, and of a path
	maxShapeKeys = 8  // query keys of an address
)

// shapes describes addresses for an operator, without any value in them.
func shapes(addresses []string, session string) []string {
	var all []string
	for _, s := range addresses {
		shape := shapeOf(s, session)
		if !slices.Contains(all, shape) && len(all) < maxShapes {
			all = append(all, shape)
		}
	}
	return all
}

func shapeOf(s, session string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "an address that cannot be parsed"
	}
	var path []string
	for segment := range strings.SplitSeq(u.Path, "/") {
		path = append(path, word(segment, session))
	}
	var keys []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if key = word(key, session); key != "" && !slices.Contains(keys, key) && len(keys) < maxShapeKeys {
			keys = append(keys, key)
		}
	}
	host := PlainHost(u)
	if session != "" && strings.Contains(strings.ToLower(host), strings.ToLower(session)) {
		host = "•••"
	}
	shape := host + cutValue(strings.Join(path, "/"))
	if u.Scheme != "https" {
		shape = u.Scheme + " " + shape
	}
	if len(keys) > 0 {
		shape += " with " + strings.Join(keys, " ")
	}
	return shape
}

// plainWord is what a path segment or a query key may look like in a log: a
// name. What looks like an id, a number or a code is replaced.
var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z_.-]{0,23}$`)

func word(s, session string) string {
	if s == "" || plainWord.MatchString(s) && s != session {
		return s
	}
	return "•••"
}

// plainLabel is what a label of a host may look like in a log. Ids, numbers and
// codes are replaced there as well: a server may give any host.
var plainLabel = regexp.MustCompile(`^[A-Za-z](?:[A-Za-z-]{0,23}[0-9]{0,3})$`)

// PlainHost returns host and port of an address for an operator. IP addresses and
// words stand as they are, each other label as dots.
func PlainHost(u *url.URL) string {
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Zone() == "" {
		return u.Host
	}
	var labels []string
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if !plainLabel.MatchString(label) {
			label = "•••"
		}
		labels = append(labels, label)
	}
	host := strings.Join(labels, ".")
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return cutValue(host)
}

func cutValue(s string) string {
	if len(s) > maxShapeWord {
		return s[:maxShapeWord] + "…"
	}
	return s
}
