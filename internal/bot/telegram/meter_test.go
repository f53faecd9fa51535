package telegram_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

// meterLog records the calls of a meter.
type meterLog struct {
	mu     sync.Mutex
	calls  []string
	waited time.Duration
}

func (l *meterLog) call(method, outcome string, took time.Duration, heard bool) {
	l.tell(fmt.Sprintf("%s: %s %v, %v", method, outcome, heard, took))
}

func (l *meterLog) limited() { l.tell("limited") }

func (l *meterLog) wait(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waited += d
}

func (l *meterLog) tell(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, what)
}

// want checks what was calls since the last time.
func (l *meterLog) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.calls, want) {
		t.Errorf("the meter was calls\n%q, want\n%q", l.calls, want)
	}
	for _, line := range l.calls {
		method, rest, call := strings.Cut(line, ": ")
		outcome, _, _ := strings.Cut(rest, " ")
		if call && (!slices.Contains(telegram.Methods(), method) || !slices.Contains(telegram.Outcomes(), outcome)) {
			t.Errorf("%q is in no list", line)
		}
	}
	l.calls = nil
}

// measured is withStub with a meter.
func measured(t *testing.T, test func(t *testing.T, c *telegram.Client, s *stub, l *meterLog)) {
	t.Helper()
	l := &meterLog{}
	meter := func(o *telegram.Options) { o.Meter = telegram.Meter{Call: l.call, Limited: l.limited, Waited: l.wait} }
	withStubAndOptions(t, meter, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		l.calls = nil
		test(t, c, s, l)
	})
}

func send(t *testing.T, c *telegram.Client, chat int64) error {
	_, err := c.Send(t.Context(), chat, view.Message{HTML: "hello"})
	return err
}

// Each attempt is calls, by what it came to and whether Telegram was heard.
func TestMeter(t *testing.T) {
	for name, test := range map[string]struct {
		first reply
		want  string
	}{
		"refused":         {no(400, "Bad Request: can't parse entities"), "sendMessage: refused true, 0s"},
		"blocked":         {no(403, "Forbidden: bot was blocked by the user"), "sendMessage: gone true, 0s"},
		"a revoked token": {no(401, "Unauthorized"), "sendMessage: unauthorized true, 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			measured(t, func(t *testing.T, c *telegram.Client, s *stub, l *meterLog) {
				s.on("sendMessage", test.first)
				if send(t, c, 7) == nil {
					t.Error("it was taken")
				}
				l.want(t, test.want)
			})
		})
	}
	measured(t, func(t *testing.T, c *telegram.Client, s *stub, l *meterLog) {
		s.on("sendMessage", reply{status: 200, body: ok(`{"message_id":5}`).body, hold: 3 * time.Second})
		if err := send(t, c, 7); err != nil {
			t.Error(err)
		}
		l.want(t, "sendMessage: ok true, 3s")
		s.on("sendMessage", badGateway())
		s.refuseDials(0)
		if err := send(t, c, 7); err != nil {
			t.Error(err)
		}
		l.want(t, "sendMessage: lost false, 0s", "sendMessage: ok true, 0s")
	})
	measured(t, func(t *testing.T, c *telegram.Client, s *stub, l *meterLog) {
		s.refuseDials(1)
		if err := send(t, c, 7); err != nil {
			t.Error(err)
		}
		l.want(t, "sendMessage: unsent false, 0s", "sendMessage: ok true, 0s")
	})
}

// A 429 is calls as such, and then how long each call was held back by it.
func TestMeterOfFloods(t *testing.T) {
	measured(t, func(t *testing.T, c *telegram.Client, s *stub, l *meterLog) {
		s.on("sendMessage", tooManyRequests(30))
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if err := send(t, c, 7); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		l.want(t, "sendMessage: limited true, 0s", "limited", "sendMessage: ok true, 0s", "sendMessage: ok true, 0s")
		if l.waited != 30*time.Second { // the second stood in the queue of its chat, which Telegram did not ask for
			t.Errorf("waited %v", l.waited)
		}
	})
}

// What we gave up ourselves says nothing of Telegram; what it did not answer in
// time does.
func TestMeterOfWhatIsGivenUp(t *testing.T) {
	measured(t, func(t *testing.T, c *telegram.Client, s *stub, l *meterLog) {
		s.on("sendChatAction", reply{hold: time.Hour, drop: true})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel() }()
		if c.Typing(ctx, 7) == nil {
			t.Error("it went well")
		}
		l.want(t)
		s.on("sendChatAction", reply{hold: time.Hour, drop: true})
		if c.Typing(t.Context(), 7) == nil {
			t.Error("it went well")
		}
		l.want(t, "sendChatAction: lost false, 15s")
	})
}

// Methods lists every method of the library that is used here, and getUpdates.
func TestMethodsAreListed(t *testing.T) {
	want := []string{"getUpdates"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bapi\.([A-Z]\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			if m[1] != "ID" {
				want = append(want, strings.ToLower(m[1][:1])+m[1][1:])
			}
		}
	}
	slices.Sort(want)
	got := telegram.Methods()
	if slices.Sort(got); !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("listed are\n%q, used are\n%q", got, slices.Compact(want))
	}
}
