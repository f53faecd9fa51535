package app_test

import (
	"testing/synctest"
	"time"
)

// The columns.
const (
	beforeLogin = "before login"
	linkSent    = "link sent"
	idle        = "logged in, idle"
	inCall      = "in a call"
	atShutdown  = "at shutdown"
)

func moments() []moment {
	return []moment{
		{beforeLogin, "The fault is there; the person sends /login.", false, playBeforeLogin},
		{linkSent, "The person has a login link; the fault comes; they finish the login in the browser and press Done.", false, playLinkSent},
		{idle, "The person logged in five minutes ago; the fault comes; two quiet minutes later they send /holdings.", true, playIdle},
		{inCall, "The person has sent /holdings, and Kite has the question, when the fault comes.", true, playInCall},
		{atShutdown, "The same, and the bot is told to stop at that moment. Then the fault ends and the bot is started again.", false, playAtShutdown},
	}
}

// stopTime is within how long the bot is gone when it is told to stop.
const stopTime = 8 * time.Second

func playBeforeLogin(s *story) {
	s.strike()
	s.out.main = s.step("/login", s.lasting(), func() { s.p.Send("/login") })
	s.step(quietly, time.Minute, s.heal)
	m, ok := s.linkOut()
	if !ok {
		s.step("/login", time.Minute, func() { s.p.Send("/login") })
		if m, ok = s.linkOut(); !ok {
			s.t.Fatalf("no login link although it is over; log:\n%s", s.tail())
		}
	}
	s.step("logs in in the browser", time.Minute, func() {
		if trouble := s.browser(m, raviUser); trouble != "" {
			s.t.Errorf("the browser shows %q", trouble)
		}
	}).tail = s.loggedIn()
	s.links = len(s.kite.LoginLinks())
	s.conclude()
}

func playLinkSent(s *story) {
	s.link = s.p.ask("/login", "Log in to Kite")
	s.links = 1
	s.pass(time.Minute + offBeat)
	s.strike()
	s.out.main = s.finish("logs in in the browser, presses Done")
	done := s.loggedIn()
	s.step(quietly, time.Minute, s.heal)
	if !done && !s.loggedIn() {
		if _, ok := s.linkOut(); ok {
			s.finish("tries the link again")
		}
	}
	if !s.loggedIn() {
		s.step("/login", time.Minute, func() { s.p.Send("/login") })
		s.links = len(s.kite.LoginLinks())
		s.finish("logs in in the browser")
	}
	s.out.sameLink = s.links == 1
	s.conclude()
}

// finish is what a person does with a link.
func (s *story) finish(did string) *step {
	trouble := ""
	st := s.step(did, s.lasting(), func() {
		if m, ok := s.linkOut(); ok {
			s.link = m
		}
		trouble = s.browser(s.link, raviUser)
		if b, ok := s.link.Button("Done"); ok && !s.muted {
			for range max(1, s.fault.presses) {
				_, _ = s.p.Press(s.link.ID, b.Data) // the message may have gone by now
			}
		}
	})
	st.browser = trouble
	return st
}

func (s *story) loggedIn() bool {
	for _, m := range s.p.Chat() {
		if m.FromBot && look(m, s.right).is(loggedIn) {
			return true
		}
	}
	return false
}

func playIdle(s *story) {
	s.login()
	s.strike()
	s.step(twoQuietMinutes, 2*time.Minute, nil)
	s.out.main = s.asks()
	s.settle()
}

func playInCall(s *story) {
	s.login()
	did, release := s.underWay()
	s.out.main = s.step(did, s.lasting(), func() {
		s.strike()
		synctest.Wait()
		release()
	})
	s.settle()
}

func playAtShutdown(s *story) {
	s.login()
	did, release := s.underWay()
	s.out.main = s.step(did+", and the bot is told to stop", s.lasting(), func() {
		began, over, stop := time.Now(), make(chan struct{}), s.stop
		go func() {
			defer close(over)
			_ = stop()
		}()
		synctest.Wait()
		s.strike()
		<-over
		if took := time.Since(began); took > stopTime {
			s.t.Errorf("the bot took %v to stop", took)
		}
		release()
	})
	s.stop = nil
	s.note()
	again := func() {
		if s.stop == nil {
			s.start()
		}
	}
	if s.muted { // the person ends it, some time later
		s.step(startedAgain, s.lasting(), again)
		s.settle()
		return
	}
	s.step(startedAgain, s.lasting(), func() { s.heal(); again() })
	s.conclude()
}
