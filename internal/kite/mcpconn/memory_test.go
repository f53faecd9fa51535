package mcpconn

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

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

// TestMeasuredProcess is the process that is measured: twenty people ask for their
// holdings at once, over a server that takes its time for proofs.
func TestMeasuredProcess(t *testing.T) {
	url := os.Getenv(measuredURL)
	if url == "" {
		t.Skip("run by TestPeakOfLargeAnswers")
	}
	d, err := New(Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var people sync.WaitGroup
	for range 20 {
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

// The largest answers for twenty people at once take what Go is told it may use, and
// not what they have together: each text is held while its proof is under way. On a
// busy machine the collector is late, so that the bound has room. Without the
// budget it is 63 to 97 MB.
func TestPeakOfLargeAnswers(t *testing.T) {
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	const most = 60_000 // kB, of the whole process, with the pages of its program
	result := bigHoldings(maxAnswer - 100<<10)
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			f := newFar(t, func(f *far) {
				f.result = func(tool string) string {
					if tool == "get_holdings" {
						return result
					}
					time.Sleep(100 * time.Millisecond)
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
			t.Logf("twenty answers of %d bytes at once: %d kB", len(result), kB)
			if kB > most {
				t.Errorf("that is more than %d", most)
			}
		})
	}
}
