package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	simkite "kitebot/internal/sim/kite"
)

// A login by OAuth as a person without a public address has it: the last page does not load, its address is copied and
// pasted, and the message goes.
func TestALoginByOAuthInTheBrowser(t *testing.T) {
	p := newPhone(t)
	d := start(t, strings.NewReader(""), "-server", "next")
	p.run("open the page", chromedp.Navigate(d.page))
	p.switchUser("Asha")
	p.run("begin", chromedp.Click(chromedp.ID("start")))
	p.waitForReply("Hello, Asha!")
	p.send("/holdings")
	p.waitForReply("does not load: that is as it should be.")
	p.checkLayout()
	p.keepScreenshot("oauth-login")
	p.press("Done")
	p.waitForReply("I do not have the address of the last page yet")
	var address string
	p.follow("Log in to Kite", func(kite phone) {
		kite.run("continue to Kite", chromedp.WaitVisible(chromedp.CSS(`main a`)), chromedp.Click(chromedp.CSS(`main a`)))
		kite.run("see the accounts", chromedp.WaitVisible(chromedp.CSS(".person")))
		kite.checkLayout()
		kite.run("pick "+ashaUser, chromedp.Click(chromedp.CSS(`[name=user_id][value=`+ashaUser+`]`)))
		address = kite.waitForAddress("http://127.0.0.1:48127/")
	})
	p.send(address)
	p.waitForReply(ashaHeadline)
	p.check(`!document.body.innerText.includes('code=')`, "the pasted address is gone from the chat")
	p.check(`document.body.innerText.includes('Logged in as Meera Krishnan (MK4021)')`, "the login is told")
	p.keepScreenshot("oauth-done")
	p.send(address)
	p.waitForReply("You are logged in already")
	p.send("/logout")
	p.waitForReply("Kite itself is not told")
	p.checkLayout()
	p.keepScreenshot("oauth-logout")
}

// With -kite the browser runs on the machine of the demo: nothing is pasted.
func TestALoginByOAuthThatComesBack(t *testing.T) {
	p := newPhone(t)
	_, flags := realKiteOf(t, simkite.Next)
	d := start(t, strings.NewReader(""), flags...)
	p.run("open the page", chromedp.Navigate(d.page))
	p.switchUser("Asha")
	p.run("begin", chromedp.Click(chromedp.ID("start")))
	p.waitForReply("Hello, Asha!")
	p.send("/holdings")
	p.waitForReply("Log in to Kite")
	p.follow("Log in to Kite", func(kite phone) {
		kite.run("continue to Kite", chromedp.WaitVisible(chromedp.CSS(`main a`)), chromedp.Click(chromedp.CSS(`main a`)))
		kite.run("pick "+ashaUser, chromedp.WaitVisible(chromedp.CSS(".person")), chromedp.Click(chromedp.CSS(`[name=user_id][value=`+ashaUser+`]`)))
		kite.waitForAddress("/kite/callback?")
		kite.run("see the last page", chromedp.WaitVisible(chromedp.CSS(`main p`)))
		kite.check(`document.body.innerText.includes('You can go back to Telegram')`, "the page says that it worked")
		kite.checkLayout()
		kite.keepScreenshot("oauth-back")
	})
	p.waitForReply(ashaHeadline)
	p.check(`!document.body.innerText.includes('code=')`, "no code is in the chat")
	d.stop()
	if out := d.console.String(); !strings.Contains(out, "Asha: MK4021 is logged out of Kite’s server for apps like me") {
		t.Errorf("at the end it printed %q", out)
	}
}

// waitForAddress waits until the tab was sent to an address with a part, whether that loads or not.
func (p phone) waitForAddress(part string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, testTimeout)
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond) // the browser announces no page that does not load
	defer look.Stop()
	for {
		at := ""
		err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			history, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
			if err == nil {
				at = history.Entries[history.CurrentIndex].URL
			}
			return err
		}))
		if err == nil && strings.Contains(at, part) { // between two pages there is none to ask
			return at
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			p.t.Fatalf("the browser is at %q (%v) and never at %s", at, err, part)
		}
	}
}

// keepScreenshot takes a picture to look at: into the folder KITEBOT_SCREENSHOTS, if that is set.
func (p phone) keepScreenshot(name string) {
	p.t.Helper()
	if folder := os.Getenv("KITEBOT_SCREENSHOTS"); folder != "" {
		p.saveScreenshot(filepath.Join(folder, name+".png"))
	}
}
