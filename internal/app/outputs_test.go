package app_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// startProgram builds the program that ships and runs it with further settings.
// All that it writes, whatever writes it, is in w.logs. The returned func ends it
// as SIGTERM does, and waits.
func (w *system) startProgram(settings ...string) (end func()) {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "bot")
	if out, err := exec.Command("go", "build", "-o", program, "kitebot/cmd/bot").CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = os.Environ()
	for name, value := range w.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, settings...)
	cmd.Stdout, cmd.Stderr = &w.logs, &w.logs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); close(ended) }()
	w.t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return func() {
		w.t.Helper()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			w.t.Errorf("the bot ended with %v", err)
		}
	}
}

// Nothing secret and nothing of anybody's account is on an output of the program
// that ships, at debug, between far ends whose gateways lie about the length of
// their answers: net/http writes with package log what comes unasked, and an
// answer that is cut makes no sense.
func TestNothingOfAnybodyIsOnAnyOutput(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	kite, kiteURL := newBadGateway(t, w.kiteU)
	telegram, telegramURL := newBadGateway(t, w.tgURL)
	w.kite.SetBaseURL(kiteURL)
	end := w.startProgram("KITE_MCP_URL="+kiteURL+"/mcp", "TELEGRAM_API_URL="+telegramURL, "LOG_LEVEL=debug", "LOG_FORMAT=json")
	p := w.person(asha, "Asha")
	kiteLied, telegramLied := kite.tell(t, twice, "session_id"), telegram.tell(t, twice, "session_id") // the link
	p.login(ashaUser)
	kiteLied()
	telegramLied()
	w.logs.wait(t, "Unsolicited response")
	for command, how := range map[string]int{"/holdings": twice, "/positions": cut, "/orders": late} {
		told := kite.tell(t, how, "")
		p.ask(command, "")
		p.ask("/trades", "") // on the same connection
		told()
	}
	for _, how := range []int{twice, cut, late} {
		told := telegram.tell(t, how, "Invested")
		p.ask("/holdings", "Invested")
		p.ask("/help", "What I can do")
		told()
	}
	end()

	output := w.logText()
	for _, secret := range append(wordsOf(sample.AccountOf(ashaUser)), "first_name", headline(ashaUser)) {
		if strings.Contains(output, secret) {
			t.Errorf("%q is on an output:\n%s", secret, lineWith(output, secret))
		}
	}
}

// wordsOf are symbols, prices and names of an account. The secrets proper are
// looked for in every test of a system.
func wordsOf(a sample.Account) []string {
	words := []string{a.UserID(), a.Profile.UserName, a.Profile.Email}
	for _, h := range a.Holdings {
		words = append(words, h.Tradingsymbol, h.ISIN)
		if price := strconv.FormatFloat(h.LastPrice, 'f', -1, 64); strings.Contains(price, ".") {
			words = append(words, price)
		}
	}
	return slices.DeleteFunc(words, func(w string) bool { return len(w) < 5 }) // LT is in many a reference
}

// lineWith is the line of an output with a word in it.
func lineWith(output, word string) string {
	for line := range strings.Lines(output) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

// What a bad gateway does with an answer.
const (
	honest = iota
	twice  // the answer, and at once the same bytes again, which no request asked for
	cut    // half of it is announced; the rest is what no request asked for
	late   // the answer, and its bytes again where the answer to the next request should be
)

// badGateway stands before a far end and now and then misstates the length of an
// answer.
type badGateway struct {
	to  string
	due atomic.Pointer[defect] // nil: none
	hit chan struct{}          // gets a token for each defect
}

// defect happens once, to the first answer with a text in it.
type defect struct {
	mode  int
	about string
}

// newLiar starts a gateway and returns its address too.
func newBadGateway(t *testing.T, to string) (l *badGateway, address string) {
	t.Helper()
	l = &badGateway{to: to, hit: make(chan struct{}, 8)}
	return l, serve(t, l, func() {})
}

// tell has a defect happen. The returned func waits until it did.
func (l *badGateway) tell(t *testing.T, mode int, about string) (told func()) {
	l.due.Store(&defect{mode, about})
	return func() { t.Helper(); l.wait(t) }
}

func (l *badGateway) wait(t *testing.T) {
	t.Helper()
	select {
	case <-l.hit:
	case <-time.After(patience):
		t.Fatal("the gateway told no lie")
	}
}

func (l *badGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, body, err := l.ask(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defect := l.due.Load()
	if defect == nil || !bytes.Contains(body, []byte(defect.about)) || !l.due.CompareAndSwap(defect, nil) {
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(body)
		return
	}
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	announced := len(body)
	if defect.mode == cut {
		announced /= 2
	}
	resp.Header.Set("Content-Length", fmt.Sprint(announced))
	var answer bytes.Buffer // one write: what is too much comes with the rest
	fmt.Fprintf(&answer, "HTTP/1.1 %s\r\n", resp.Status)
	_ = resp.Header.Write(&answer)
	fmt.Fprintf(&answer, "\r\n%s", body)
	switch defect.mode {
	case twice:
		answer.Write(body)
	case late:
		_, _ = conn.Write(answer.Bytes())
		if _, err := buf.ReadByte(); err != nil {
			return // no other request came on this connection
		}
		answer.Reset()
		answer.Write(body)
	}
	_, _ = conn.Write(answer.Bytes()) // the bot may be gone
	l.hit <- struct{}{}
}

// ask passes a request on, and reads the answer to its end.
func (l *badGateway) ask(r *http.Request) (*http.Response, []byte, error) {
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, l.to+r.URL.RequestURI(), r.Body)
	if err != nil {
		return nil, nil, err
	}
	ask.Header, ask.ContentLength = r.Header.Clone(), r.ContentLength
	resp, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}
