package ops_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/ops"
)

var update = flag.Bool("update", false, "write the list of metrics into deploy/README.md")

// Promtool has an opinion about names, units and words.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("KITEBOT_NEED_PROMTOOL") != "" {
			t.Fatal("promtool is missing (Debian: prometheus)")
		}
		t.Skip("promtool is missing (Debian: prometheus)")
	}
	var h ops.Health
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(exposed(t, played(t, &h)))
	if out, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

const (
	operatorsPage = "../../deploy/README.md"
	begin, end    = "<!-- metrics -->\n", "<!-- /metrics -->"
)

// The operators' page lists the metrics; go test ./internal/ops -update writes
// the list.
func TestMetricsPage(t *testing.T) {
	page, err := os.ReadFile(operatorsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the metrics, between %q and %q", operatorsPage, begin, end)
	}
	want := metricsTable()
	if shown == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the metrics as they are; -update writes them", operatorsPage)
	}
	if err := os.WriteFile(operatorsPage, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func metricsTable() string {
	var b strings.Builder
	b.WriteString("| metric | kind | labels | what it says |\n|---|---|---|---|\n")
	for _, m := range ops.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, strings.Join(m.Labels, ", "), m.Help)
	}
	return b.String()
}

// The page answers what it is for, to GET and HEAD, and has nothing else.
func TestPage(t *testing.T) {
	var h ops.Health
	page := ops.Page(&h, played(t, &h))
	got := map[string]int{}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/", "/backup", "/metrics/", "/debug/pprof/", "/../metrics"} {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
			if code := request(page, method, path, "").Code; code != http.StatusNotFound {
				got[method+" "+path] = code
			}
		}
	}
	want := map[string]int{"GET /../metrics": 307, "HEAD /../metrics": 307, "POST /../metrics": 307, "DELETE /../metrics": 307, "OPTIONS /../metrics": 307}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		want["GET "+path], want["HEAD "+path] = 200, 200
		want["POST "+path], want["DELETE "+path], want["OPTIONS "+path] = 405, 405, 405
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
