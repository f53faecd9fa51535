package bot

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
)

// Outage is a time in which Kite was of no use to people.
type Outage struct {
	Since time.Time
	Cause string        // why, in a word or two
	Lasts time.Duration // until it was over; zero while it goes on
}

// noticeKind is what the bot writes to operators about by itself.
type noticeKind int64

const (
	noticeOutage noticeKind = iota
	noticeAccess
)

// noticeRate bounds the notices of one kind, whatever comes and goes.
var noticeRate = Rate{N: 4, Per: time.Hour}

// Outage notifies the operators that Kite is away, or that it is back if they were
// notified that it was away. It returns at once, and is not for two goroutines at a time.
func (b *Bot) Outage(o Outage) {
	if o.Lasts == 0 {
		b.outageAnnounced = b.notify(noticeOutage, dialog.KiteAway(o.Since, b.Now(), o.Cause), dialog.KiteFlaps())
		return
	}
	if b.outageAnnounced {
		b.notifyOperators(dialog.KiteBack(o.Since, o.Lasts))
	}
}

// notify writes to the operators, unless there were many notices of this kind lately:
// then they read once that they get no more of them. It reports whether m was sent.
func (b *Bot) notify(about noticeKind, m, tooMany view.Message) (sent bool) {
	ok, tell := b.notices.allow(int64(about), b.Now())
	switch {
	case ok:
		b.notifyOperators(m)
	case tell:
		b.notifyOperators(tooMany)
	}
	return ok
}

// notifyOperators queues a message to each operator who wants such.
func (b *Bot) notifyOperators(m view.Message) {
	for _, admin := range b.access.Admins {
		b.mail.put(admin, job{run: func(jc jobContexts) {
			if b.prefsOf(admin).NoNotices {
				return
			}
			err := b.deliver(jc.delivery, privateChat(admin), 0, command.Say(m))
			if err != nil && !errors.Is(err, errOvertaken) {
				b.Logger.Warn("an operator was not notified", "effect", "the notice is not sent again; /admin shows the state", "err", err)
			}
		}})
	}
}

// welcome has a person read that they may use the bot now, once.
func (b *Bot) welcome(person int64) {
	b.mail.put(person, job{run: func(jc jobContexts) {
		if err := b.deliver(jc.delivery, privateChat(person), 0, command.Say(dialog.NowLetIn())); err != nil {
			b.Logger.Warn("a person who was let in was not notified", "effect", "they learn it when they write", "person", person, "err", err)
		}
	}})
}

// operator is what an operator's request can do: it is the request's [command.Admin].
type operator struct {
	bot     *Bot
	request *command.Request
	person  int64  // the operator
	version uint64 // the journal's number of the update
}

func (o operator) Access() []access.Record { return o.bot.access.Records() }

func (o operator) Decide(person int64, to access.Standing, from []access.Standing) (command.Decision, error) {
	b := o.bot
	if b.access.Admin(person) {
		return command.Decision{Outcome: access.IsAdmin}, nil
	}
	o.request.Account.Changing()
	record := access.Record{Person: person, Standing: to, Since: o.request.Now.UTC().Truncate(time.Second), By: o.person, Version: o.version}
	before, outcome, err := b.access.Decide(record, from)
	d := command.Decision{Outcome: outcome, Before: before.Standing}
	if err != nil || outcome != access.CarriedOut {
		return d, err
	}
	b.unauthorized.reset(person)
	b.Logger.Info("an operator decided about a person", "by", o.person, "person", person, "was", d.Before.String(), "is", to.String())
	d.Was, d.Is = b.access.LetsIn(person, d.Before), b.access.LetsIn(person, to)
	switch {
	case !d.Is && d.Before != access.Blocked: // a person who is blocked has nothing left
		b.removePerson(person)
	case d.Is && !d.Was && to == access.Approved:
		b.welcome(person)
	}
	return d, nil
}

func (o operator) Overview(ctx context.Context) dialog.OpsView {
	b := o.bot
	v := dialog.OpsView{Waiting: len(b.access.Waiting()), Errors: o.Errors()}
	if b.Operations != nil {
		report := b.Operations.Report()
		v.Version, v.Since, v.Components = report.Version, report.Since, report.Components
	}
	v.Commands, v.Failed = b.stats.lastHour(o.request.Now)
	people, err := b.Memory.People()
	if err != nil {
		v.Incomplete = true
		return v
	}
	v.People = len(people)
	for _, person := range people {
		s, err := b.Accounts.Status(person)
		switch {
		case err != nil || ctx.Err() != nil:
			v.Incomplete = true
		case !s.User.IsZero() && s.State != session.LoggingOut:
			v.LoggedIn++
		}
		if s.Link != nil {
			v.Links++
		}
	}
	return v
}

func (o operator) Errors() []dialog.OpsError { return o.bot.stats.last() }
