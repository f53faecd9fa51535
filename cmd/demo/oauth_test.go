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
	p.do("open the page", chromedp.Navigate(d.page))
	p.become("Asha")
	p.do("begin", chromedp.Click(chromedp.ID("start")))
	p.says("Hello, Asha!")
	p.send("/holdings")
	p.says("does not load: that is as it should be.")
	p.fits()
	p.photographFor("oauth-login")
	p.press("Done")
	p.says("I do not have the address of the last page yet")
	var address string
	p.follow("Log in to Kite", func(kite phone) {
		kite.do("continue to Kite", chromedp.WaitVisible(chromedp.CSS(`main a`)), chromedp.Click(chromedp.CSS(`main a`)))
		kite.do("see the accounts", chromedp.WaitVisible(chromedp.CSS(".person")))
		kite.fits()
		kite.do("pick "+ashaUser, chromedp.Click(chromedp.CSS(`[name=user_id][value=`+ashaUser+`]`)))
		address = kite.endsAt("http://127.0.0.1:48127/")
	})
	p.send(address)
	p.says(ashaHeadline)
	p.is(`!document.body.innerText.includes('code=')`, "the pasted address is gone from the chat")
	p.is(`document.body.innerText.includes('Logged in as Meera Krishnan (MK4021)')`, "the login is told")
	p.photographFor("oauth-done")
	p.send(address)
	p.says("You are logged in already")
	p.send("/logout")
	p.says("Kite itself is not told")
	p.fits()
	p.photographFor("oauth-logout")
}

// With -kite the browser runs on the machine of the demo: nothing is pasted.
func TestALoginByOAuthThatComesBack(t *testing.T) {
	p := newPhone(t)
	_, flags := realKiteOf(t, simkite.Next)
	d := start(t, strings.NewReader(""), flags...)
	p.do("open the page", chromedp.Navigate(d.page))
	p.become("Asha")
	p.do("begin", chromedp.Click(chromedp.ID("start")))
	p.says("Hello, Asha!")
	p.send("/holdings")
	p.says("Log in to Kite")
	p.follow("Log in to Kite", func(kite phone) {
		kite.do("continue to Kite", chromedp.WaitVisible(chromedp.CSS(`main a`)), chromedp.Click(chromedp.CSS(`main a`)))
		kite.do("pick "+ashaUser, chromedp.WaitVisible(chromedp.CSS(".person")), chromedp.Click(chromedp.CSS(`[name=user_id][value=`+ashaUser+`]`)))
		kite.endsAt("/kite/callback?")
		kite.do("see the last page", chromedp.WaitVisible(chromedp.CSS(`main p`)))
		kite.is(`document.body.innerText.includes('You can go back to Telegram')`, "the page says that it worked")
		kite.fits()
		kite.photographFor("oauth-back")
	})
	p.says(ashaHeadline)
	p.is(`!document.body.innerText.includes('code=')`, "no code is in the chat")
	d.stop()
	if out := d.console.String(); !strings.Contains(out, "Asha: MK4021 is logged out of Kite’s server for apps like me") {
		t.Errorf("at the end it printed %q", out)
	}
}

// endsAt waits until the tab was sent to an address with a part, whether that loads or not.
func (p phone) endsAt(part string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
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

// photographFor takes a picture to look at: into the folder KITEBOT_SCREENSHOTS, if that is set.
func (p phone) photographFor(name string) {
	p.t.Helper()
	if folder := os.Getenv("KITEBOT_SCREENSHOTS"); folder != "" {
		p.photograph(filepath.Join(folder, name+".png"))
	}
}
