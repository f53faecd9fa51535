package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// The screen of the phone, in CSS pixels, and how many real ones each has.
const (
	phoneWidth, phoneHeight = 390, 844
	phoneScale              = 2
)

// chromium finds a browser, or ends the test: a machine without one skips it, unless KITEBOT_NEED_BROWSER=1 says that
// it has to have one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no browser: none of chromium, chromium-browser and google-chrome is on the PATH"
	if os.Getenv("KITEBOT_NEED_BROWSER") == "1" {
		t.Fatal(missing + ", and KITEBOT_NEED_BROWSER=1 asks for one")
	}
	t.Skip(missing)
	return ""
}

// phone is one tab of a headless browser, with the screen of a phone.
type phone struct {
	t   *testing.T
	ctx context.Context // the tab's
}

// newPhone starts a browser that ends with the test.
func newPhone(t *testing.T) phone {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
	}
	for _, quiet := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(quiet, true))
	}
	all, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(all)
	t.Cleanup(func() { // before the profile's folder goes
		within, cancel := context.WithTimeout(ctx, testTimeout)
		defer cancel()
		if err := chromedp.Cancel(within); err != nil {
			t.Errorf("end the browser: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of the first call
		t.Fatalf("start the browser: %v", err)
	}
	p := phone{t, ctx}
	p.run("set the screen", chromedp.EmulateViewport(phoneWidth, phoneHeight, chromedp.EmulateScale(phoneScale)))
	return p
}

// run runs steps within the testTimeout of these tests.
func (p phone) run(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\nthe page:\n%s", what, err, p.text())
	}
}

// text is what the page shows, for the words of a failure.
func (p phone) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return fmt.Sprintf("(cannot be read: %v)", err)
	}
	return text
}

// ask evaluates an expression in the page.
func ask[T any](p phone, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true. It looks again whenever the page changes: the page's own rules forbid the
// eval that chromedp.Poll rests on.
func (p phone) until(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise((done) => {
		const look = () => { if (!(`+condition+`)) return; eyes.disconnect(); done(true); };
		const eyes = new MutationObserver(look);
		eyes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		look();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("wait until %s: %v\nthe page:\n%s", condition, err, p.text())
	}
}

// send types a line into the chat and sends it with Enter.
func (p phone) send(line string) {
	p.t.Helper()
	p.keys(line + "\r")
}

// keys presses keys in the input box.
func (p phone) keys(keys string) {
	p.t.Helper()
	p.run("type "+quoted(keys), chromedp.SendKeys(chromedp.ID("input"), keys))
}

// quoted is a text as JavaScript writes it.
func quoted(text string) string { return strconv.Quote(text) }

// waitForReply waits until the newest message of the bot holds a text.
func (p phone) waitForReply(text string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll('.msg.theirs')].at(-1)?.innerText.includes(` + quoted(text) + `)`)
}

// press presses a button of the newest message that has it, once it is there.
func (p phone) press(label string) {
	p.t.Helper()
	button := `[...document.querySelectorAll('.key')].filter((b) => b.innerText.trim() === ` + quoted(label) + `).at(-1)`
	p.until(button)
	p.run("press "+label, chromedp.Click(chromedp.JSPath(button)))
}

// switchUser switches to another person of the page.
func (p phone) switchUser(name string) {
	p.t.Helper()
	tab := `[...document.querySelectorAll('.person')].find((b) => b.innerText === ` + quoted(name) + `)`
	p.until(tab)
	p.run("become "+name, chromedp.Click(chromedp.JSPath(tab)))
	p.until(tab + `.getAttribute('aria-pressed') === 'true' && document.body.dataset.live === 'true'`)
}

// follow presses a link of the chat, runs visit in the tab that it opens, and comes back to the chat.
func (p phone) follow(label string, visit func(phone)) {
	p.t.Helper()
	opened := chromedp.WaitNewTarget(p.ctx, func(i *target.Info) bool { return i.URL != "" && i.URL != "about:blank" })
	p.press(label)
	var id target.ID
	select {
	case id = <-opened:
	case <-time.After(testTimeout):
		p.t.Fatalf("%s opens no tab", label)
	}
	ctx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
	defer closeTab()
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatalf("look at the new tab: %v", err)
	}
	tab := phone{p.t, ctx}
	tab.run("set the screen", chromedp.EmulateViewport(phoneWidth, phoneHeight, chromedp.EmulateScale(phoneScale)))
	visit(tab)
	closeTab()
	if err := chromedp.Do(p.ctx, bringToFront); err != nil {
		p.t.Fatalf("come back to the chat: %v", err)
	}
}

var bringToFront = chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
	_, err := chromedp.Call(ctx, page.BringToFront, cdp.Empty{})
	return err
})

// saveScreenshot writes what the phone shows to a PNG file.
func (p phone) saveScreenshot(file string) {
	p.t.Helper()
	shot := p.screen()
	size, err := png.DecodeConfig(bytes.NewReader(shot))
	if err != nil || size.Width != phoneWidth*phoneScale || size.Height != phoneHeight*phoneScale {
		p.t.Errorf("the picture has %dx%d pixels (%v), want %dx%d times %d", size.Width, size.Height, err, phoneWidth, phoneHeight, phoneScale)
	}
	if err := os.WriteFile(filepath.Clean(file), shot, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// screen is what the phone shows, as a PNG.
func (p phone) screen() []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("photograph the screen: %v", err)
	}
	return shot
}
