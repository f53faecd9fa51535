package mcpconn_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// ways is waysOf with an answer of so many bytes.
func ways(t *testing.T, size int, test func(*testing.T, *mcpconn.Dialer, session.Conn)) {
	waysOf(t, textResult(strings.Repeat("x", size)), test)
}

// waysOf runs a test over each way in which an answer can come, with the server giving
// that to get_holdings. The rest of a test's limits pass at once.
func waysOf(t *testing.T, large string, test func(*testing.T, *mcpconn.Dialer, session.Conn)) {
	for _, way := range []string{"/sse", "/mcp", "events"} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newLocalServer(func(f *fakeServer) {
					f.result = func(tool string) string {
						if tool == "get_holdings" {
							return large
						}
						return textResult("answer of " + tool)
					}
					if way == "events" {
						f.mcp = func(w http.ResponseWriter, r *http.Request) { f.serveMCP(&eventWriter{ResponseWriter: w}, r) }
					}
				})
				d := f.dialer(t, strings.Replace(way, "events", "/mcp", 1), mcpconn.Options{CallTimeout: 10 * time.Second}) // a stream waits longer for room
				test(t, d, open(t, d))
				if !d.Reserve(mcpconn.MaxLarge) {
					t.Error("not all of the budget was given back")
				}
			})
		})
	}
}

// eventWriter has an answer come as an event.
type eventWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *eventWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.ResponseWriter.Write([]byte("data: "))
	}
	return w.ResponseWriter.Write(p)
}

func (w *eventWriter) Flush() { flush(w.ResponseWriter) }

// Ordinary answers do not wait for large ones.
func TestSmallAnswersNeedNoRoom(t *testing.T) {
	ways(t, mcpconn.FreeAnswer-200, func(t *testing.T, d *mcpconn.Dialer, c session.Conn) {
		d.Reserve(mcpconn.MaxLarge)
		wantText(t, c, query.Holdings(), strings.Repeat("x", mcpconn.FreeAnswer-200))
		d.Release(mcpconn.MaxLarge)
	})
}

// A large answer waits until there is room, for as long as its call. The stream and
// the next answer are none the worse.
func TestLargeAnswersWaitForRoom(t *testing.T) {
	ways(t, mcpconn.FreeAnswer+1, func(t *testing.T, d *mcpconn.Dialer, c session.Conn) {
		d.Reserve(mcpconn.MaxLarge)
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindLimited)
		wantText(t, c, query.Profile(), "answer of get_profile")
		time.AfterFunc(time.Second, func() { d.Release(mcpconn.MaxLarge) })
		began := time.Now()
		wantText(t, c, query.Holdings(), strings.Repeat("x", mcpconn.FreeAnswer+1))
		if took := time.Since(began); took != time.Second {
			t.Errorf("it waited for %v", took)
		}
	})
}

// A large answer counts until it is decoded.
func TestLargeAnswersAreHeld(t *testing.T) {
	ways(t, mcpconn.MaxAnswer-500, func(t *testing.T, d *mcpconn.Dialer, c session.Conn) {
		ctx, release := wire.DeferRelease(t.Context())
		if _, err := c.Call(ctx, query.Holdings()); err != nil {
			t.Fatal(err)
		}
		if d.Reserve(mcpconn.MaxLarge - mcpconn.MaxAnswer + 1000) {
			t.Error("it is not held")
		}
		if _, err := c.Call(ctx, query.Profile()); err != nil {
			t.Errorf("a small answer meanwhile: %v", err)
		}
		began := time.Now()
		_, err := c.Call(ctx, query.Holdings())
		wantKind(t, err, wire.KindLimited)
		if took := time.Since(began); took != 0 {
			t.Errorf("it waited for itself, for %v", took)
		}
		release()
	})
}

// A large JSON-RPC error gives its room back at once: it is not handed on.
func TestLargeErrorsAreNotHeld(t *testing.T) {
	long := `!{"code":-32603,"message":"` + strings.Repeat("x", mcpconn.FreeAnswer) + `"}`
	waysOf(t, long, func(t *testing.T, _ *mcpconn.Dialer, c session.Conn) {
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindFailed)
	})
}

func TestAnswersThatAreTooBig(t *testing.T) {
	ways(t, mcpconn.MaxAnswer, func(t *testing.T, _ *mcpconn.Dialer, c session.Conn) {
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindTooBig)
		wantText(t, c, query.Profile(), "answer of get_profile")
	})
}

// An answer that waits for room is not read ahead: over HTTP/2 net/http would keep
// 4 MiB of each.
func TestWaitingAnswersAreNotBuffered(t *testing.T) {
	var written atomic.Int64
	f := newServer(t, func(f *fakeServer) {
		f.tls = true
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for chunk := []byte(strings.Repeat("x", 16<<10)); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
				written.Add(int64(len(chunk)))
			}
		}
	})
	d := f.dialer(t, "/mcp", mcpconn.Options{CallTimeout: 200 * time.Millisecond})
	d.Reserve(mcpconn.MaxLarge)
	if _, err := d.Resume(someSession(), nil).Call(t.Context(), query.Holdings()); err == nil {
		t.Error("there was room")
	}
	if n := written.Load(); n > 1<<20 {
		t.Errorf("%d bytes were taken of an answer that was not read", n)
	}
}

// A bug met while an answer is read costs that answer, and no room for ever.
func TestAPanicGivesRoomBack(t *testing.T) {
	buggy := func(begin string) io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader(begin), strings.NewReader(strings.Repeat("x", 2*mcpconn.FreeAnswer)), buggyReader{}))
	}
	for path, body := range map[string]io.ReadCloser{
		"/sse": buggy("event: endpoint\ndata: /message?sessionId=5ad1f4c2\n\ndata: "), "/mcp": buggy("{"),
	} {
		d, book := newDialer(t, mcpconn.Options{URL: home + path, OpenTimeout: time.Second, HTTPClient: &http.Client{Transport: function(func(req *http.Request) (*http.Response, error) {
			media := map[string]string{"/sse": "text/event-stream", "/mcp": "application/json"}[path]
			if req.URL.Path == "/message" {
				return response(req, http.StatusAccepted, media, http.NoBody), nil
			}
			return response(req, http.StatusOK, media, body), nil
		})}})
		func() {
			defer func() { _ = recover() }()
			_, err := d.Open(t.Context())
			if wantKind(t, err, wire.KindUnreachable); path == "/mcp" || !strings.Contains(book.String(), "panicked") {
				t.Errorf("%s: the reader did not panic", path)
			}
		}()
		d.Close()
		if !d.Reserve(mcpconn.MaxLarge) {
			t.Errorf("%s: not all of the budget was given back", path)
		}
	}
}

type buggyReader struct{}

func (buggyReader) Read([]byte) (int, error) { panic("a bug") }

// measuredURL is the environment of the process that is measured: its server.
const measuredURL = "MEASURED_URL"

// bigHoldings is a result of get_holdings, of nearly so many bytes.
func bigHoldings(size int) string {
	const row = `{"tradingsymbol":"STOCK%06d","exchange":"NSE","instrument_token":738561,"isin":"INE002A01018","product":"CNC","price":0,"used_quantity":0,"quantity":12,"t1_quantity":0,` +
		`"realised_quantity":12,"authorised_quantity":0,"authorised_date":"2026-11-30T00:00:00+05:30","opening_quantity":12,"collateral_quantity":0,"collateral_type":"","discrepancy":false,` +
		`"average_price":1234.5678,"last_price":1388.4,"close_price":1402.15,"pnl":1845.9863999999998,"day_change":-13.75,"day_change_percentage":-0.98,` +
		`"mtf":{"quantity":0,"used_quantity":0,"average_price":0,"value":0,"initial_margin":0}}`
	rows := make([]string, size/(len(row)+70))
	for i := range rows {
		rows[i] = fmt.Sprintf(row, i)
	}
	return textResult("[" + strings.Join(rows, ",") + "]")
}

// TestMeasuredProcess is the process that is measured: twelve people ask for their
// holdings at once, over a server that takes its time for proofs.
func TestMeasuredProcess(t *testing.T) {
	url := os.Getenv(measuredURL)
	if url == "" {
		t.Skip("run by TestPeakOfLargeAnswers")
	}
	d, err := mcpconn.New(mcpconn.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var people sync.WaitGroup
	for range 12 {
		c := open(t, d)
		people.Go(func() {
			ctx, release := wire.DeferRelease(t.Context())
			defer release()
			text, err := c.Call(ctx, query.Holdings())
			if err == nil { // the text waits for its proof
				_, err = c.Call(ctx, query.Profile())
			}
			if err == nil {
				_, err = kite.DecodeHoldings(text)
			}
			if err != nil && wire.KindOf(err) != wire.KindTooBig {
				t.Error(err)
			}
		})
	}
	people.Wait()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	fmt.Println(string(status))
}

// The largest answers for twelve people at once take what Go is told it may use, and
// not what they have together: each text is held while its proof is under way. On a
// busy machine the collector is late, so that the bound has room. Without the
// budget it is some 70 MB.
func TestPeakOfLargeAnswers(t *testing.T) {
	if info, _ := debug.ReadBuildInfo(); slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector takes memory of its own")
	}
	const most = 60_000 // kB, of the whole process, with the pages of its program
	result := bigHoldings(mcpconn.MaxAnswer - 100<<10)
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) {
				f.result = func(tool string) string {
					if tool == "get_holdings" {
						return result
					}
					time.Sleep(30 * time.Millisecond)
					return textResult("a profile")
				}
			})
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMeasuredProcess$")
			cmd.Env = append(os.Environ(), measuredURL+"="+f.URL+path, "GOMEMLIMIT=48MiB")
			out, err := cmd.CombinedOutput()
			peak := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(out)
			if err != nil || peak == nil {
				t.Fatalf("%v: %s", err, out)
			}
			kB, _ := strconv.Atoi(string(peak[1]))
			t.Logf("twelve answers of %d bytes at once: %d kB", len(result), kB)
			if kB > most {
				t.Errorf("that is more than %d", most)
			}
		})
	}
}
