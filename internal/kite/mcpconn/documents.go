package mcpconn

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"kitebot/internal/kite"
)

// The documents that tell how to authorize. Their forms with a path are not read.
const (
	resourceDocument = "/.well-known/oauth-protected-resource"
	serverDocument   = "/.well-known/oauth-authorization-server"
)

// resource is the document of a server that wants OAuth.
type resource struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
}

// endpoints are where a login by OAuth is made, all of them on the configured
// server.
type endpoints struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Register  string `json:"registration_endpoint,omitempty"` // "" for none
}

// documentError says what is wrong with the server's documents. Nothing is sent to
// where they lead then.
type documentError string

func (e documentError) Error() string { return string(e) }

// errDocument says that a document of the server is not what it should be.
const errDocument documentError = "not a document of OAuth"

// checkResource reads the document of the protected resource: whatever server it names,
// they have to be on the configured server.
func checkResource(home *url.URL, body []byte) error {
	var document resource
	if json.Unmarshal(body, &document) != nil || len(document.Servers) == 0 {
		return errDocument
	}
	for _, server := range document.Servers {
		if _, err := ourOwn(home, "authorization server", server); err != nil {
			return err
		}
	}
	if document.Resource == "" {
		return nil
	}
	_, err := ourOwn(home, "resource", document.Resource)
	return err
}

// checkServer reads the document of the authorization server. The endpoints are put
// together anew, so that nothing but their paths is the document's.
func checkServer(home *url.URL, body []byte) (endpoints, error) {
	var document struct {
		endpoints
		Methods []string `json:"code_challenge_methods_supported"`
	}
	if json.Unmarshal(body, &document) != nil {
		return endpoints{}, errDocument
	}
	if document.Methods != nil && !slices.Contains(document.Methods, "S256") {
		return endpoints{}, documentError("the server takes no S256 code challenge, without which no code is safe")
	}
	at := document.endpoints
	for _, one := range []struct {
		what string
		url  *string
	}{{"issuer", &at.Issuer}, {"authorization endpoint", &at.Authorize}, {"token endpoint", &at.Token}, {"registration endpoint", &at.Register}} {
		if *one.url == "" && one.url == &at.Register {
			continue
		}
		u, err := ourOwn(home, one.what, *one.url)
		if err != nil {
			return endpoints{}, err
		}
		*one.url = u.String()
	}
	return at, nil
}

// ourOwn makes sure that an address is on the configured server, and returns it as
// an address there.
func ourOwn(home *url.URL, what, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.ForceQuery || u.RawPath != "" {
		return nil, documentError("the server's " + what + " is no plain address")
	}
	if origin(u) != origin(home) {
		return nil, documentError("the server's documents name " + nameOf(u) + " for the " + what + ", which is not the configured server")
	}
	if u.Path != "" && !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") {
		return nil, documentError("the server's " + what + " is no plain address")
	}
	return &url.URL{Scheme: home.Scheme, Host: home.Host, Path: u.Path}, nil
}

// origin is the scheme, host and port of an address, the same for all ways to write
// them.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// nameOf names the server of an address for the operator.
func nameOf(u *url.URL) string {
	if u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "something odd"
	}
	return u.Scheme + "://" + kite.PlainHost(u)
}
