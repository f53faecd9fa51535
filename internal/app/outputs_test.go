package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// startProgram builds the program that ships and runs it with further settings.
// All that it writes, whatever writes it, is in w.logs. The returned func ends it
// as SIGTERM does, and waits.
func (w *world) startProgram(settings ...string) (end func()) {
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
	w := newWorld(t, simkite.Options{})
	kite, kiteURL := newLiar(t, w.kiteU)
	telegram, telegramURL := newLiar(t, w.tgURL)
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
// looked for in every test of a world.
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
