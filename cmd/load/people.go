package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// holdingsCommand is what people ask.
const holdingsCommand = "/holdings"

// each has every person begin, at most so many at a time, and waits until next
// has said of everybody that they are through. next is asked whenever something
// that a person wrote is answered.
func (f *far) each(ctx context.Context, people []*person, atOnce int, begin func(*person), next func(answer) (through bool)) error {
	if len(people) == 0 {
		return nil
	}
	going, all := make(chan struct{}, atOnce), make(chan struct{})
	var through atomic.Int64
	f.hear(func(a answer) {
		if !a.asked || !next(a) {
			return
		}
		<-going
		if through.Add(1) == int64(len(people)) {
			close(all)
		}
	})
	defer f.hear(func(answer) {})
	for _, p := range people {
		select {
		case going <- struct{}{}:
			begin(p)
		case <-ctx.Done():
			return f.stuck(through.Load(), len(people))
		}
	}
	select {
	case <-all:
		return nil
	case <-ctx.Done():
		return f.stuck(through.Load(), len(people))
	}
}

func (f *far) stuck(through int64, of int) error {
	return fmt.Errorf("only %d of %d are answered", through, of)
}

// ask has every person ask once, all at once, and returns how long their answers
// took.
func (f *far) ask(ctx context.Context, people []*person) (spread, error) {
	var took samples
	err := f.each(ctx, people, len(people), func(p *person) { f.say(p, holdingsCommand) }, func(a answer) bool {
		took.add(a.own)
		return true
	})
	return took.spread(), err
}

// loginsAtOnce is how many people log in side by side.
const loginsAtOnce = 64

// logIn has people log in: a wish for a new link, as its button says it, then the
// login in their browser, which is a line in a map here, and a press on Done.
func (f *far) logIn(ctx context.Context, people []*person) error {
	var without atomic.Int64
	err := f.each(ctx, people, loginsAtOnce, func(p *person) { f.press(p, "login:new") }, func(a answer) bool {
		if a.pressed {
			a.pressed = false
			return true
		}
		session, done := loginIn(a.body)
		if session == "" || done == "" {
			without.Add(1)
			return true
		}
		f.owners.Store(session, a.person)
		a.pressed = true
		f.press(a.person, done)
		return false
	})
	if err == nil && without.Load() > 0 {
		err = fmt.Errorf("%d of %d people got no link", without.Load(), len(people))
	}
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return f.quiet(ctx)
}

// trickle is how many questions a second Kite may be asked while nobody waits
// for an answer: the bot looks after new logins on its own, at leisure.
const trickle = 10

// quiet waits until the bot does nothing that somebody waits for.
func (f *far) quiet(ctx context.Context) error {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for last := f.n.asked.Load() - trickle - 1; ; {
		now := f.n.asked.Load()
		if now-last <= trickle {
			return nil
		}
		last = now
		select {
		case <-every.C:
		case <-ctx.Done():
			return errors.New("the bot does not come to rest")
		}
	}
}

// paced has people ask in turn, so many commands a second, for a time, whether
// the ones before are answered or not, and waits for the last answer. It returns
// how long they took.
func (f *far) paced(ctx context.Context, people []*person, rate float64, lasts time.Duration) (spread, error) {
	commands := int64(rate * lasts.Seconds())
	var took samples
	var answers atomic.Int64
	all := make(chan struct{})
	f.hear(func(a answer) {
		if !a.asked {
			return
		}
		took.add(a.own)
		if answers.Add(1) == commands {
			close(all)
		}
	})
	defer f.hear(func(answer) {})
	begin, t := time.Now(), time.NewTimer(0)
	defer t.Stop()
	for n := range commands {
		t.Reset(time.Until(begin.Add(time.Duration(float64(n) / rate * float64(time.Second)))))
		select {
		case <-t.C:
		case <-ctx.Done():
			return spread{}, f.stuck(answers.Load(), int(commands))
		}
		// In other letters each time: what is asked again before it is answered is answered once.
		command := []string{holdingsCommand, "/Holdings"}[int(n)/len(people)%2]
		f.say(people[int(n)%len(people)], command)
	}
	select {
	case <-all:
		return took.spread(), nil
	case <-ctx.Done():
		return spread{}, f.stuck(answers.Load(), int(commands))
	}
}

// closed has each person ask again as soon as they are answered, for a time, and
// waits for the last answers. It returns how many came in that time.
func (f *far) closed(ctx context.Context, people []*person, lasts time.Duration) (int64, error) {
	var answers, through atomic.Int64
	var over atomic.Bool
	all := make(chan struct{})
	f.hear(func(a answer) {
		switch {
		case !a.asked:
		case !over.Load():
			answers.Add(1)
			f.say(a.person, holdingsCommand)
		case through.Add(1) == int64(len(people)):
			close(all)
		}
	})
	defer f.hear(func(answer) {})
	for _, p := range people {
		f.say(p, holdingsCommand)
	}
	pause(ctx, lasts)
	over.Store(true)
	n := answers.Load()
	select {
	case <-all:
		return n, nil
	case <-ctx.Done():
		return n, f.stuck(through.Load(), len(people))
	}
}
