package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
)

// adminCommand is for operators. That only they get here is seen to where
// commands are found, for what is typed and for each press alike.
func adminCommand() Command {
	c := Command{
		Name: "admin", Usage: "/admin", Summary: "the state of the bot, and who may use it", Hidden: true, Admin: true,
		Run: adminTyped, Actions: opsActions(),
	}
	c.Actions["page"] = Action{Run: func(_ context.Context, r *Request) (Reply, error) {
		return adminPage(r, r.Args, view.AdminView{}, inPlace)
	}}
	for name, d := range decisions() {
		c.Actions[name] = Action{Ack: "One moment…", Run: func(_ context.Context, r *Request) (Reply, error) {
			person, page, _ := strings.Cut(r.Args, ":")
			v, err := r.bot.decide(r, person, d, d.button)
			if err != nil {
				return Reply{}, err
			}
			return adminPage(r, page, v, inPlace)
		}}
	}
	return c
}

// decision is one thing that an operator can decide about a person.
type decision struct {
	to     Standing
	from   []Standing // whom the word concerns: whoever stands elsewhere is left there
	button []Standing // the same for a button, which may be an old one
}

func decisions() map[string]decision {
	return map[string]decision{
		"approve": {Approved, []Standing{Unlisted, Waiting, Blocked}, []Standing{Waiting}},
		"block":   {Blocked, []Standing{Unlisted, Waiting, Approved}, []Standing{Waiting, Approved}},
		"unblock": {Unlisted, []Standing{Blocked}, []Standing{Blocked}},
		"remove":  {Unlisted, []Standing{Approved, Waiting}, []Standing{Approved}},
	}
}

// adminTyped reads "/admin", "/admin people 2", "/admin errors", "/admin K7QX2M"
// and "/admin approve 123".
func adminTyped(ctx context.Context, r *Request) (Reply, error) {
	word, rest, more := strings.Cut(strings.ToLower(strings.Join(strings.Fields(r.Args), " ")), " ")
	d, decides := decisions()[word]
	_, isError := r.bot.tally.find(word)
	switch {
	case word == "":
		return adminFirst(ctx, r, say)
	case word == "people":
		return adminPage(r, rest, view.AdminView{}, say)
	case word == "errors" && !more:
		return adminErrors(r, say)
	case !more && !decides && (isError || mayBeRef(word)):
		return adminError(r, word, say)
	case !decides || !more:
		return adminPage(r, "", view.AdminView{Note: view.NotAWord}, say)
	}
	v, err := r.bot.decide(r, rest, d, d.from)
	if err != nil {
		return Reply{}, err
	}
	return adminPage(r, "", v, say)
}

// decide does what an operator decided about somebody who stands in one of the
// places given, and notes what came of it.
func (b *Bot) decide(r *Request, who string, d decision, from []Standing) (v view.AdminView, err error) {
	person, err := strconv.ParseInt(who, 10, 64)
	switch {
	case err != nil || person <= 0:
		return view.AdminView{Note: view.NotANumber}, nil
	case b.access.Admin(person):
		return view.AdminView{Note: view.IsOperator, Person: person}, nil
	}
	v.Person = person
	*r.acted = true
	decision := Guest{Person: person, Standing: d.to, Since: r.Now.UTC().Truncate(time.Second), By: r.Account.person, Version: r.version}
	before, verdict, err := b.access.decide(decision, func(before Guest) bool { return slices.Contains(from, before.Standing) })
	switch {
	case err != nil:
		return v, err
	case verdict == outdated:
		v.Note = view.DecidedSince
		return v, nil
	case verdict == repeated && before.Standing == d.to:
		v.Note = view.DecisionHolds
		return v, nil
	case verdict != carriedOut:
		v.Note = map[Standing]view.AdminNote{
			Unlisted: view.IsUnlisted, Waiting: view.IsWaiting, Approved: view.IsApproved, Blocked: view.IsBlocked,
		}[before.Standing]
		return v, nil
	}
	b.outsiders.reset(person)
	b.Logger.Info("an operator decided about a person", "by", r.Account.person, "person", person, "was", before.Standing.String(), "is", d.to.String())
	was, is := b.access.letsIn(person, before.Standing), b.access.letsIn(person, d.to)
	b.followUp(person, before.Standing, d.to, was, is)
	v.Note = noteOf(before.Standing, d.to, was, is)
	return v, nil
}

// followUp does what a decision entails; was and is tell whether the person was let
// in before it, and is by it.
func (b *Bot) followUp(person int64, before, now Standing, was, is bool) {
	switch {
	case !is && before != Blocked: // a person who is blocked has nothing left
		b.dismiss(person)
	case is && !was && now == Approved:
		b.letIn(person)
	}
}

// noteOf says what has become of a person by a decision.
func noteOf(before, now Standing, was, is bool) view.AdminNote {
	switch {
	case now == Blocked:
		return view.NowBlocked
	case now == Approved && was:
		return view.ApprovedToo
	case now == Approved:
		return view.NowApproved
	case is:
		return view.AllowedStill
	case before == Blocked:
		return view.NowUnblocked
	default:
		return view.NowRemoved
	}
}

// letIn tells a person that they may use the bot now, once.
func (b *Bot) letIn(person int64) {
	b.mail.put(person, job{run: func(t turn) {
		if err := b.deliver(t.delivery, privateChat(person), 0, say(view.LetIn())); err != nil {
			b.Logger.Warn("somebody who was let in was not told: they learn it when they write", "person", person, "err", err)
		}
	}})
}

// adminPage shows everybody in the book, under the note that v has.
func adminPage(r *Request, page string, v view.AdminView, as func(view.Message) Reply) (Reply, error) {
	var err error
	if v.Page, err = strconv.Atoi(page); err != nil {
		v.Page = 1
	}
	for _, of := range []struct {
		standing Standing
		shown    view.GuestStanding
	}{{Waiting, view.GuestWaiting}, {Approved, view.GuestApproved}, {Blocked, view.GuestBlocked}} {
		for _, g := range r.bot.access.guests() {
			if g.Standing == of.standing {
				v.Guests = append(v.Guests, view.Guest{Person: g.Person, Name: g.Name, Standing: of.shown, Since: g.Since, By: g.By})
			}
		}
	}
	return as(view.Admin(v)), nil
}
