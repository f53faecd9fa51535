package ops_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kitebot/internal/ops"
)

// request asks a page.
func request(h http.Handler, method, target, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestReadiness(t *testing.T) {
	began := time.Date(2025, 11, 24, 9, 5, 7, 0, time.FixedZone("IST", 5.5*60*60))
	silent := &ops.Problem{Detail: "no answer for 3 min, 7 calls", Since: began, Serves: true}
	for name, test := range map[string]struct {
		telegram, kite error
		code           int
		text, json     string
	}{
		"well": {
			code: 200, text: "ready\nkite: ok\ntelegram: ok\n",
			json: `{"status":"ready","components":{"kite":{"status":"ok"},"telegram":{"status":"ok"}}}`,
		},
		"Kite is silent": {
			kite: silent, code: 200,
			text: "degraded\nkite: degraded: no answer for 3 min, 7 calls (since 2025-11-24 03:35:07 UTC)\ntelegram: ok\n",
			json: `{"status":"degraded","components":{"kite":{"status":"degraded","since":"2025-11-24T03:35:07Z","detail":"no answer for 3 min, 7 calls"},"telegram":{"status":"ok"}}}`,
		},
		"another instance": {
			telegram: errors.New("another instance\ntakes the updates"), code: 503,
			text: "not ready\nkite: ok\ntelegram: another instance takes the updates\n",
			json: `{"status":"not ready","components":{"kite":{"status":"ok"},"telegram":{"status":"not ready","detail":"another instance takes the updates"}}}`,
		},
		"well, and something to say": {
			kite: &ops.Note{Detail: "tools\nwith modes"}, telegram: &ops.Note{}, code: 200, text: "ready\nkite: ok: tools with modes\ntelegram: ok\n",
			json: `{"status":"ready","components":{"kite":{"status":"ok","detail":"tools with modes"},"telegram":{"status":"ok"}}}`,
		},
		"a note beside a fault": {
			kite: errors.Join(&ops.Note{Detail: "tools"}, errors.New("no answer")), code: 503, text: "not ready\nkite: tools no answer\ntelegram: ok\n",
			json: `{"status":"not ready","components":{"kite":{"status":"not ready","detail":"tools no answer"},"telegram":{"status":"ok"}}}`,
		},
		"everything at once": {
			kite: silent, telegram: &ops.Problem{Detail: "no answer", Since: began}, code: 503,
			text: "not ready\nkite: degraded: no answer for 3 min, 7 calls (since 2025-11-24 03:35:07 UTC)\ntelegram: no answer (since 2025-11-24 03:35:07 UTC)\n",
			json: `{"status":"not ready","components":{"kite":{"status":"degraded","since":"2025-11-24T03:35:07Z","detail":"no answer for 3 min, 7 calls"},"telegram":{"status":"not ready","since":"2025-11-24T03:35:07Z","detail":"no answer"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h ops.Health
			h.Set("telegram", func() error { return test.telegram })
			h.Set("kite", func() error { return test.kite })
			w := request(h.Handler(), http.MethodGet, "/readyz", "*/*")
			if w.Code != test.code || w.Body.String() != test.text {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, test.code, test.text)
			}
			for _, ask := range [][2]string{{"/readyz?format=json", "*/*"}, {"/readyz", "text/html, application/json;q=0.9"}} {
				w := request(h.Handler(), http.MethodGet, ask[0], ask[1])
				if w.Code != test.code || w.Body.String() != test.json+"\n" || w.Header().Get("Content-Type") != "application/json" {
					t.Errorf("%q: %d %s, want %d %s", ask, w.Code, w.Body, test.code, test.json)
				}
			}
			if w := request(h.Handler(), http.MethodGet, "/healthz", ""); w.Code != http.StatusOK {
				t.Errorf("a process that runs is alive, whatever its parts say: %d", w.Code)
			}
		})
	}
}

// The zero Health is ready, and its JSON has an object in it and no null.
func TestNothingToAsk(t *testing.T) {
	var h ops.Health
	w := request(h.Handler(), http.MethodGet, "/readyz?format=json", "")
	if want := `{"status":"ready","components":{}}` + "\n"; w.Body.String() != want {
		t.Errorf("%s, want %s", w.Body, want)
	}
}

// What a part says is shown in one line, and not without end.
func TestLongDetail(t *testing.T) {
	var h ops.Health
	h.Set("store", func() error { return errors.New(strings.Repeat("₹ \r\n", 5000)) })
	var report ops.Report
	if err := json.Unmarshal(request(h.Handler(), http.MethodGet, "/readyz?format=json", "").Body.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	detail := report.Components["store"].Detail
	if len(detail) > 310 || strings.ContainsAny(detail, "\r\n\ufffd") || !strings.HasSuffix(detail, "…") {
		t.Errorf("%d bytes: %q", len(detail), detail)
	}
}
