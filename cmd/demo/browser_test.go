package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// What the made-up accounts come to.
const (
	ashaHeadline = "₹39,718.05"
	raviUser     = "AD7730"
	raviHeadline = "₹2,843.20"
)

// Two people use the demo as the README says, on one phone.
func TestWalkThroughTheDemo(t *testing.T) {
	p := newPhone(t)
	d := start(t, strings.NewReader(""))
	p.run("open the page", chromedp.Navigate(d.page))
	p.switchUser("Asha")
	p.run("begin", chromedp.Click(chromedp.ID("start")))
	p.waitForReply("Hello, Asha!")

	p.keys("/log")
	p.until(`document.getElementById('input').value === '/log'`)
	p.until(`[...document.querySelectorAll('#commands button:not([hidden])')].map((b) => b.dataset.command).join() === 'login,logout'`)
	p.keys("in\r")
	p.waitForReply("Log in to Kite")
	p.check(`document.getElementById('commands').hidden`, "the list of commands is gone")
	p.press("Done") // too early
	p.waitForReply("Kite does not show the login yet")
	p.logIn(ashaUser)
	p.pressIfThere("Done")
	p.waitForReply("Logged in as Meera Krishnan (MK4021)")
	p.check(`!document.querySelector('.key.url')`, "the login link is gone")

	p.send("/holdings")
	p.waitForReply(ashaHeadline)
	p.checkLayout()
	p.until(`document.getElementById('toast').hidden`) // not in the picture
	p.saveScreenshot(screenshot(t))
	p.press("2/3 ▶")
	p.waitForReply("Page 2 of 3")
	p.checkLayout()
	p.press("Refresh")
	p.until(`document.getElementById('toast').innerText === 'Refreshing…'`)
	p.until(`!document.querySelector('.key.busy')`)
	p.waitForReply("Page 2 of 3")
	p.press("3/3 ▶")
	p.waitForReply("Page 3 of 3")
	p.checkLayout()

	p.switchUser("Ravi")
	p.check(`!/[₹]|MK4021|RELIANCE/.test(document.body.innerText)`, "nothing of Asha's stands in Ravi's chat")
	p.run("begin", chromedp.Click(chromedp.ID("start")))
	p.waitForReply("Hello, Ravi!")
	p.send("/holdings")
	p.waitForReply("You are not logged in yet")
	p.logIn(raviUser)
	p.waitForReply(raviHeadline) // the bot notices by itself, and then answers
	p.checkLayout()
	p.check(`!document.body.innerText.includes(`+quoted(ashaHeadline)+`)`, "Ravi sees only what is his")

	p.switchUser("Asha")
	p.send("/logout")
	p.waitForReply("You are logged out at Kite")
	p.check(`!document.body.innerText.includes(`+quoted(raviHeadline)+`)`, "Asha sees only what is hers")
	p.send("/holdings")
	p.waitForReply("You are not logged in yet")
	p.switchUser("Ravi")
	p.send("/status")
	p.waitForReply("AD7730")
	p.checkLayout()
}

// Kite fails and comes back, as the same page shows it.
func TestKiteFailsInTheBrowser(t *testing.T) {
	p := newPhone(t)
	kite, flags := realKite(t)
	d := start(t, strings.NewReader("y\n"), flags...)
	p.run("open the page", chromedp.Navigate(d.page))
	p.switchUser("Asha")
	p.run("begin", chromedp.Click(chromedp.ID("start")))
	p.waitForReply("Hello, Asha!")
	p.send("/login")
	p.waitForReply("Log in to Kite")
	if status, body := kite.CompleteLogin(t.Context(), kite.LoginLinks()[0], ashaUser); status != http.StatusOK {
		t.Fatalf("login page: %d %s", status, body)
	}
	p.waitForReply("Logged in as")

	kite.Inject(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524})
	p.send("/holdings")
	p.waitForReply("Kite is not answering just now.")
	p.checkLayout()
	kite.ClearFaults()
	p.press("Try again")
	p.waitForReply(ashaHeadline)
	p.check(`!document.body.innerText.includes('not answering')`, "the answer stands where the failure stood")

	asha := sample.AccountOf(ashaUser)
	asha.Positions = sample.Positions{}
	if err := kite.SetAccount(asha); err != nil {
		t.Fatal(err)
	}
	p.send("/positions")
	p.waitForReply("No positions today.")
	p.checkLayout()
	d.stop()
	p.until(`document.getElementById('status').innerText === 'connecting…'`)
}

// The gallery fits a phone, and so does every table of usual data: not so what Kite's tools answer, which is shown as
// it came.
func TestGallery(t *testing.T) {
	p := newPhone(t)
	d := start(t, strings.NewReader(""))
	p.run("open the gallery", chromedp.Navigate(d.page+"gallery/"), chromedp.WaitVisible(chromedp.ID("holdings")))
	p.check(`document.documentElement.scrollWidth <= innerWidth`, "the page is not wider than the screen")
	p.check(`[...document.querySelectorAll('.card, .bubble, .text, .table, .keyboard')].every((box) => box.scrollWidth <= box.clientWidth)`, "nothing is wider than its bubble")
	p.check(`[...document.querySelectorAll('.card:not([id*=hostile]) .label')].every((l) => l.scrollWidth <= l.clientWidth)`, "every label can be read")
	p.check(`getComputedStyle(document.querySelector('.card')).width === '360px'`, "a card is as wide as the smallest phone")
	p.check(`[...document.querySelectorAll('section:not(#extreme, #tool) .text pre')].every((pre) => pre.scrollWidth <= pre.clientWidth)`, "every table of usual data fits")
	p.checkPictures(18)
}

// checkPictures checks that all pictures of the page arrive.
func (p phone) checkPictures(want int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[int](`Promise.all([...document.images].map((image) => {
		image.loading = 'eager'; // those below the screen too
		return image.decode().then(() => image.naturalWidth === 1200);
	})).then((all) => all.filter(Boolean).length)`, chromedp.EvalAwaitPromise))
	if err != nil || seen != want {
		p.t.Errorf("%d pictures are there (%v), want %d", seen, err, want)
	}
}

// logIn follows the login link and picks an account on Kite's page.
func (p phone) logIn(user string) {
	p.t.Helper()
	p.follow("Log in to Kite", func(kite phone) {
		kite.run("read the page before Kite's own", chromedp.WaitVisible(chromedp.CSS(`main a`)))
		kite.checkLayout()
		kite.run("continue to Kite", chromedp.Click(chromedp.CSS(`main a`)))
		kite.run("pick "+user, chromedp.WaitVisible(chromedp.CSS(".person")))
		kite.checkLayout()
		kite.run("pick "+user, chromedp.Click(chromedp.CSS(`[name=user_id][value=`+user+`]`)), chromedp.WaitVisible(chromedp.CSS(".tick")))
		kite.check(`document.title === 'Login Successful'`, "Kite says that the login is through")
		kite.checkLayout()
	})
}

// pressIfThere presses a button that may go at any moment: the bot may notice a login before Done is pressed, and takes
// the button away.
func (p phone) pressIfThere(label string) {
	p.t.Helper()
	ask[bool](p, `[...document.querySelectorAll('.key')].filter((b) => b.innerText.trim() === `+quoted(label)+`).at(-1)?.click() === undefined`)
}

// check checks something that is true by now.
func (p phone) check(condition, meaning string) {
	p.t.Helper()
	if !ask[bool](p, condition) {
		p.t.Errorf("not so: %s\nthe page:\n%s", meaning, p.text())
	}
}

// checkLayout checks that nothing has to be scrolled sideways, and no button's label is cut off.
func (p phone) checkLayout() {
	p.t.Helper()
	p.check(`!document.querySelector('[data-overflow]')`, "no table is wider than the screen")
	p.check(`document.documentElement.scrollWidth <= innerWidth`, "the page is not wider than the screen")
	p.check(`[...document.querySelectorAll('.label')].every((l) => l.scrollWidth <= l.clientWidth)`, "every label can be read")
}

// screenshot is where the picture of the holdings goes: the file that KITEBOT_SCREENSHOT names, to be looked at, or one
// that goes with the test.
func screenshot(t *testing.T) string {
	if file := os.Getenv("KITEBOT_SCREENSHOT"); file != "" {
		return file
	}
	return filepath.Join(t.TempDir(), "holdings.png")
}
