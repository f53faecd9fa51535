package kite

import (
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
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

// maxLink bounds a login link, in bytes. Real ones have about 230.
const maxLink = 2048

// address finds whatever looks like a web address in prose or Markdown. It
// stops at space, at brackets and quotes, and at bytes that no address holds,
// so that what was checked is what is opened.
var address = regexp.MustCompile(`https?://(?:\[[0-9a-f:.]+\])?[A-Za-z0-9\-._~:/?#@!$&*+,;=%]+`)

// ParseLink finds the login link in the text of the login tool. The words
// around it are not looked at. A link counts when it is https on port 443 at
// exactly one of hosts, without user info or fragment, has the path
// /connect/login and one api_key and one redirect_params. For tests and the
// demo, http counts too at a loopback IP that is one of hosts: "127.0.0.1"
// allows it on every port, "127.0.0.1:4567" on that one.
//
// Every link that counts must be the same one. The errors are [KindMalformed]
// and hold neither the text nor the link.
func ParseLink(text string, hosts []string) (Link, error) {
	var found string
	for _, candidate := range address.FindAllString(text, -1) {
		candidate = strings.TrimRight(candidate, ".,;:!?*")
		if !isLoginLink(candidate, hosts) {
			continue
		}
		if found != "" && found != candidate {
			return Link{}, malformed("login", errors.New("more than one login link"))
		}
		found = candidate
	}
	if found == "" {
		return Link{}, malformed("login", errors.New("no login link at an allowed host"))
	}
	return Link{found}, nil
}

func isLoginLink(s string, hosts []string) bool {
	if len(s) > maxLink {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Fragment != "" || u.EscapedPath() != "/connect/login" {
		return false
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || !onlyOne(query["api_key"]) || !onlyOne(query["redirect_params"]) {
		return false
	}
	return isLoginHost(u, hosts)
}

func onlyOne(values []string) bool { return len(values) == 1 && values[0] != "" }

func isLoginHost(u *url.URL, hosts []string) bool {
	switch u.Scheme {
	case "https":
		return u.Hostname() != "" && slices.Contains(hosts, u.Hostname()) && (u.Port() == "443" || u.Host == u.Hostname())
	case "http":
		ip, err := netip.ParseAddr(u.Hostname())
		return err == nil && ip.IsLoopback() && ip.Zone() == "" &&
			(slices.Contains(hosts, u.Host) || slices.Contains(hosts, u.Hostname()))
	default:
		return false
	}
}
