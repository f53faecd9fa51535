package kite

import (
	"time"

	"kitebot/internal/sim/kite/sample"
)

// Version says which of the servers that the hosted address has had, or may have one day, a Server simulates.
type Version int

// The versions.
const (
	// Today is the hosted server since July 2026. Its login links lead to a page of its own, /authorize, which warns
	// the person and links to Kite's login page.
	Today Version = iota
	// Old is the hosted server before that. Its login links lead straight to Kite's login page; nothing else differs.
	Old
	// Next is the rewrite that may follow: OAuth before anything else, seven tools with modes, no SSE.
	Next
)

// Options configure a Server. The zero value is a server on the real clock with the accounts of sample.Accounts.
type Options struct {
	// Now is the clock that every lifetime is computed from; nil means time.Now. Nothing runs in the background: what a
	// lifetime ends is found ended by the first request after it.
	Now func() time.Time
	// PingEvery is the pace of the keep-alive of an SSE stream in real time: 0 means 10 s, negative means none.
	PingEvery time.Duration
	// AsOf is the moment of the made-up prices, contracts and accounts; zero means that of sample.Accounts.
	AsOf time.Time
	// Accounts are what the login page offers; nil means sample.AccountsAt(AsOf).
	Accounts []sample.Account
	// BaseURL is where this server is reachable, without a final slash. When it is empty, login links point at the host
	// that the request was sent to.
	BaseURL string
	// Version is the server that is played; the zero value is the hosted server of today.
	Version Version
	// NoOrderTools leaves the three order tools out of the list, as the hosted server did at first.
	NoOrderTools bool
	// NoSSE and NoMCP answer 404 on the paths of a transport; ServeOnly changes them later.
	NoSSE, NoMCP bool
	// OtherTools lists two tools that have nothing to do with accounts, and nothing else, in every version.
	OtherTools bool
	// OAuthDocuments serves the documents of OAuth in Today and Old as well, which need none of it.
	OAuthDocuments bool
	// CheckUserAgent keeps every request of a program that names itself with its library's default User-Agent, or not
	// at all, as a violation. The front of the real server refuses some of these with a bare 403.
	CheckUserAgent bool

	// The rest is looked at in Next only.

	// RedirectURIs are where the browser may be sent with a code, besides the person's own machine: exact addresses,
	// and beginnings of addresses written "prefix:...".
	RedirectURIs []string
	// UnquotedMetadata leaves the quotes out of the WWW-Authenticate header, as older libraries do.
	UnquotedMetadata bool
	// EarlyNext is a younger state of the rewrite: no page before Kite, bearers of 6 hours, other words for 401.
	EarlyNext bool
	// Hybrid lets requests in that show no bearer, and lists a login tool for them.
	Hybrid bool
	// NoRateLimits lets every address ask as often as it likes.
	NoRateLimits bool
}
