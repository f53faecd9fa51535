package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// holdingsCommand is what users ask.
const holdingsCommand = "/holdings"

// answersPending waits for so many answers, and keeps how long each took.
type answersPending struct {
	of  int
	all chan struct{} // closed when all are there

	mu   sync.Mutex
	took []time.Duration
}

func newAnswersPending(of int) *answersPending {
	return &answersPending{of: of, all: make(chan struct{})}
}

func (p *answersPending) done(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.took = append(p.took, a.latency); len(p.took) == p.of {
		close(p.all)
	}
}

func (p *answersPending) wait(ctx context.Context) error {
	select {
	case <-p.all:
		return nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		return fmt.Errorf("only %d of %d are answered: %w", len(p.took), p.of, context.Cause(ctx))
	}
}

// percentile is the nearest rank: the smallest value that at least p in a hundred of the sorted ones do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// forEach calls begin for every user, at most atOnce at a time, and waits until next has reported that each of them is
// through. next is called whenever an update of theirs is answered.
func (f *fakes) forEach(ctx context.Context, users []*user, atOnce int, begin func(*user), next func(answer) (through bool)) error {
	if len(users) == 0 {
		return nil
	}
	going, answers := make(chan struct{}, atOnce), newAnswersPending(len(users))
	f.onMessage(func(a answer) {
		if a.first && next(a) {
			<-going
			answers.done(a)
		}
	})
	defer f.onMessage(func(answer) {})
	for _, p := range users {
		select {
		case going <- struct{}{}:
			begin(p)
		case <-ctx.Done():
			return answers.wait(ctx)
		}
	}
	return answers.wait(ctx)
}

// askOnce has every user ask once, at most atOnce at a time.
func (f *fakes) askOnce(ctx context.Context, users []*user, atOnce int) error {
	return f.forEach(ctx, users, atOnce, func(p *user) { f.sendText(p, holdingsCommand) }, func(answer) bool { return true })
}

// loginsAtOnce is how many users log in side by side.
const loginsAtOnce = 64

// logIn logs users in: the button for a new link, the login in the browser, which is an entry of a map here, and the
// button Done.
func (f *fakes) logIn(ctx context.Context, users []*user) error {
	var without atomic.Int64
	err := f.forEach(ctx, users, loginsAtOnce, func(p *user) { f.pressButton(p, "login:new") }, func(a answer) bool {
		if a.pressedDone {
			a.pressedDone = false
			return true
		}
		session, done := loginIn(a.body)
		if session == "" || done == "" {
			without.Add(1)
			return true
		}
		f.owners.Store(session, a.user)
		a.pressedDone = true
		f.pressButton(a.user, done)
		return false
	})
	if err == nil && without.Load() > 0 {
		err = fmt.Errorf("%d of %d users got no link", without.Load(), len(users))
	}
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return f.waitIdle(ctx)
}

// idleQuestions is how many questions a second the bot may ask Kite while no user waits: it checks new logins in the
// background.
const idleQuestions = 10

// waitIdle waits until the bot does nothing that a user waits for.
func (f *fakes) waitIdle(ctx context.Context) error {
	for last := int64(-idleQuestions - 1); ctx.Err() == nil; pause(ctx, time.Second) {
		now := f.counts().asked
		if now-last <= idleQuestions {
			return nil
		}
		last = now
	}
	return errors.New("the bot does not become idle")
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// askAtRate has users ask in turn, rate commands a second, whether the ones before are answered or not, and waits for
// the last answer. It returns how long each took, the shortest first.
func (f *fakes) askAtRate(ctx context.Context, users []*user, rate float64, lasts time.Duration) ([]time.Duration, error) {
	commands := max(int(rate*lasts.Seconds()), 1)
	answers := newAnswersPending(commands)
	f.onMessage(func(a answer) {
		if a.first {
			answers.done(a)
		}
	})
	defer f.onMessage(func(answer) {})
	begin := time.Now()
	for n := range commands {
		pause(ctx, time.Until(begin.Add(time.Duration(float64(n)/rate*float64(time.Second)))))
		// In other letters each time: what is asked again before it is answered is answered once.
		command := []string{holdingsCommand, "/Holdings"}[n/len(users)%2]
		f.sendText(users[n%len(users)], command)
	}
	if err := answers.wait(ctx); err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(answers.took)), nil
}

// askInLoop has each user ask again as soon as they are answered, for a time, and waits for the last answers. It returns
// how many came in that time.
func (f *fakes) askInLoop(ctx context.Context, users []*user, lasts time.Duration) (int64, error) {
	var answers atomic.Int64
	var over atomic.Bool
	last := newAnswersPending(len(users))
	f.onMessage(func(a answer) {
		switch {
		case !a.first:
		case over.Load():
			last.done(a)
		default:
			answers.Add(1)
			f.sendText(a.user, holdingsCommand)
		}
	})
	defer f.onMessage(func(answer) {})
	for _, p := range users {
		f.sendText(p, holdingsCommand)
	}
	pause(ctx, lasts)
	over.Store(true)
	return answers.Load(), last.wait(ctx)
}
