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

	"kitebot/internal/kite"
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

// TestMeasuredProcess is the process that is measured: ten people ask for their
// holdings at once.
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
	for range 10 {
		c := open(t, d)
		people.Go(func() {
			ctx, release := kite.HoldAnswers(t.Context())
			defer release()
			text, err := c.Call(ctx, kite.AskHoldings())
			if err == nil {
				_, err = kite.DecodeHoldings(text)
			}
			if err != nil && kite.KindOf(err) != kite.KindTooBig {
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

// The largest answers for ten people at once fit into the container as it ships:
// 64 MB, of which Go is told 48 MiB.
func TestPeakOfLargeAnswers(t *testing.T) {
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	const most = 60_000 // kB, of the whole process
	for name, size := range map[string]int{"the largest": maxAnswer - 100<<10, "too big": 4 * maxAnswer} {
		t.Run(name, func(t *testing.T) {
			result := bigHoldings(size)
			for _, path := range []string{"/sse", "/mcp"} {
				f := newFar(t, func(f *far) { f.result = func(string) string { return result } })
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMeasuredProcess$")
				cmd.Env = append(os.Environ(), measuredURL+"="+f.URL+path, "GOMEMLIMIT=48MiB")
				out, err := cmd.CombinedOutput()
				peak := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(out)
				if err != nil || peak == nil {
					t.Fatalf("%v: %s", err, out)
				}
				if kB, _ := strconv.Atoi(string(peak[1])); kB > most {
					t.Errorf("%s: ten answers of %d bytes take %d kB at once, more than %d", path, len(result), kB, most)
				} else {
					t.Logf("%s: ten answers of %d bytes: %d kB", path, len(result), kB)
				}
			}
		})
	}
}
