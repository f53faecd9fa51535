package mcpconn_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"kitebot/internal/kite/mcpconn"
)

func address(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// serverDocumentOf is a whole document of an authorization server, with one field
// set to something else.
func serverDocumentOf(field, value string) string {
	all := map[string]any{
		"issuer": "https://mcp.example.com", "authorization_endpoint": "https://mcp.example.com/authorize",
		"token_endpoint": "https://mcp.example.com/token", "registration_endpoint": "https://mcp.example.com/register",
		"code_challenge_methods_supported": []string{"S256"},
	}
	if field != "" {
		all[field] = value
	}
	text, _ := json.Marshal(all)
	return string(text)
}

// Wherever the documents lead, it is on the configured server, or nowhere; the
// error names who else was meant.
func TestDocumentsLeadNowhereElse(t *testing.T) {
	ours := address(t, "https://mcp.example.com/sse")
	for address, want := range map[string]string{
		"https://mcp.example.com/a":                 "",
		"https://MCP.example.com:443/a":             "",
		"https://elsewhere.example.com/a":           "https://elsewhere.example.com",
		"https://mcp.example.com.evil.example/a":    "https://mcp.example.com.evil.example",
		"https://mcp.example.com:8443/a":            "https://mcp.example.com:8443",
		"http://mcp.example.com/a":                  "http://mcp.example.com",
		"//elsewhere.example.com/a":                 "something odd",
		"/a":                                        "something odd",
		"javascript:alert(1)":                       "no plain address",
		"https://mcp.example.com@elsewhere.com/a":   "no plain address",
		"https://joe:hunter2@mcp.example.com/a":     "no plain address",
		"https://mcp.example.com/a?next=https://x":  "no plain address",
		"https://mcp.example.com/a#b":               "no plain address",
		"https://mcp.example.com//elsewhere.com":    "no plain address",
		"https://mcp.example.com/%2F/elsewhere.com": "no plain address",
		"https://mcp.example.com\\@elsewhere.com/":  "no plain address",
		"": "something odd",
	} {
		for _, field := range []string{"issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint"} {
			at, err := mcpconn.CheckServer(ours, []byte(serverDocumentOf(field, address)))
			if field == "registration_endpoint" && address == "" {
				continue // there is none
			}
			checkRefusal(t, field+" "+address, err, want)
			if want == "" && !strings.HasPrefix(at.Authorize, "https://mcp.example.com/a") {
				t.Errorf("%s: %s", address, at.Authorize)
			}
		}
		text, _ := json.Marshal(map[string]any{"authorization_servers": []string{"https://mcp.example.com", address}})
		checkRefusal(t, "authorization server "+address, mcpconn.CheckResource(ours, text), want)
	}
	checkRefusal(t, "resource", mcpconn.CheckResource(ours, []byte(someDocument)), "https://elsewhere.example.com")
}

func checkRefusal(t *testing.T, what string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")):
		t.Errorf("%s: %v, want one about %s", what, err, want)
	}
}

func TestDocuments(t *testing.T) {
	ours := address(t, "http://127.0.0.1:9/mcp")
	for text, good := range map[string]bool{
		`{"issuer":"http://127.0.0.1:9","authorization_endpoint":"http://127.0.0.1:9/a","token_endpoint":"http://127.0.0.1:9/t"}`:                                              true,
		`{"issuer":"http://127.0.0.1:9","authorization_endpoint":"http://127.0.0.1:9/a","token_endpoint":"http://127.0.0.1:9/t","code_challenge_methods_supported":["plain"]}`: false,
		`{"issuer":"http://127.0.0.1:9","authorization_endpoint":"http://127.0.0.1:9/a"}`:                                                                                      false,
		`{"issuer":7}`: false, `[]`: false, ``: false, `<html>`: false, `null`: false,
	} {
		if at, err := mcpconn.CheckServer(ours, []byte(text)); (err == nil) != good || !good && at != (mcpconn.Endpoints{}) {
			t.Errorf("%s: %+v, %v", text, at, err)
		}
		if good {
			continue
		}
		if err := mcpconn.CheckResource(ours, []byte(text)); err == nil {
			t.Errorf("%s: taken for the document of a resource", text)
		}
	}
}

// Any bytes as the documents: what is made of them is on the configured server.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{
		serverDocumentOf("", ""), serverDocumentOf("issuer", "https://mcp.example.com/"), serverDocumentOf("token_endpoint", "https://elsewhere.example.com/token"),
		serverDocumentOf("token_endpoint", "//elsewhere.example.com"), serverDocumentOf("token_endpoint", "https://mcp.example.com\t.evil/"),
		strings.Replace(serverDocumentOf("", ""), "{", `{"TOKEN_ENDPOINT":"https://elsewhere.example.com",`, 1),
		`{"issuer":"https://mcp.example.com","issuer":"https://elsewhere.example.com"}`, someDocument, `{}`, `null`, `"`,
	} {
		f.Add([]byte(seed))
	}
	ours := address(f, "https://mcp.example.com/sse")
	f.Fuzz(func(t *testing.T, body []byte) {
		at, err := mcpconn.CheckServer(ours, body)
		if err == nil {
			for _, address := range []string{at.Issuer, at.Authorize, at.Token, at.Register} {
				u, err := url.Parse(address)
				if address != "" && (err != nil || u.Scheme != "https" || u.Host != "mcp.example.com" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
					t.Fatalf("led to %q", address)
				}
			}
			if at.Token == "" || at.Authorize == "" {
				t.Fatal("led to nothing")
			}
		}
		for _, err := range []error{err, mcpconn.CheckResource(ours, body)} {
			if err != nil && (len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\n\t\x00")) {
				t.Fatalf("the error tells too much: %.400q", err)
			}
		}
	})
}
