package command

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
)

// adminCommand is for operators. Dispatch finds it for them only, for what is typed
// and for each press alike.
func adminCommand() Command {
	c := Command{
		Name: "admin", Usage: "/admin", Summary: "the state of the bot, and who may use it", Hidden: true, Admin: true,
		Run: adminTyped, Actions: opsActions(),
	}
	c.Actions["page"] = Action{Run: func(_ context.Context, r *Request) (Reply, error) {
		return adminPage(r, r.Args, dialog.PeopleView{}, inPlace)
	}}
	for name, d := range decisions() {
		c.Actions[name] = Action{Ack: "One moment…", Run: func(_ context.Context, r *Request) (Reply, error) {
			person, page, _ := strings.Cut(r.Args, ":")
			v, err := decide(r, person, d.to, d.button)
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
	to     access.Standing
	from   []access.Standing // whom the word concerns: all others keep their standing
	button []access.Standing // the same for a button, which may be an old one
}

func decisions() map[string]decision {
	type of = []access.Standing
	return map[string]decision{
		"approve": {access.Approved, of{access.Unlisted, access.Waiting, access.Blocked}, of{access.Waiting}},
		"block":   {access.Blocked, of{access.Unlisted, access.Waiting, access.Approved}, of{access.Waiting, access.Approved}},
		"unblock": {access.Unlisted, of{access.Blocked}, of{access.Blocked}},
		"remove":  {access.Unlisted, of{access.Approved, access.Waiting}, of{access.Approved}},
	}
}

// adminTyped reads "/admin", "/admin people 2", "/admin errors", "/admin K7QX2M"
// and "/admin approve 123".
func adminTyped(ctx context.Context, r *Request) (Reply, error) {
	word, rest, more := strings.Cut(strings.ToLower(strings.Join(strings.Fields(r.Args), " ")), " ")
	d, decides := decisions()[word]
	_, isError := errorOf(r, word)
	switch {
	case word == "":
		return adminFirst(ctx, r, Say)
	case word == "people":
		return adminPage(r, rest, dialog.PeopleView{}, Say)
	case word == "errors" && !more:
		return adminErrors(r, Say)
	case !more && !decides && (isError || mayBeRef(word)):
		return adminError(r, word, Say)
	case !decides || !more:
		return adminPage(r, "", dialog.PeopleView{Note: dialog.NotAWord}, Say)
	}
	v, err := decide(r, rest, d.to, d.from)
	if err != nil {
		return Reply{}, err
	}
	return adminPage(r, "", v, Say)
}

// decide has the bot do what an operator decided about a person whose standing is one
// of from, and notes what has come of it.
func decide(r *Request, who string, to access.Standing, from []access.Standing) (v dialog.PeopleView, err error) {
	person, err := strconv.ParseInt(who, 10, 64)
	if err != nil || person <= 0 {
		return dialog.PeopleView{Note: dialog.NotANumber}, nil
	}
	d, err := r.Admin.Decide(person, to, from)
	return dialog.PeopleView{Person: person, Note: outcomeNote(d, to)}, err
}

// outcomeNote says what has become of a decision.
func outcomeNote(d Decision, to access.Standing) dialog.PeopleNote {
	switch {
	case d.Outcome == access.IsAdmin:
		return dialog.IsOperator
	case d.Outcome == access.Outdated:
		return dialog.DecidedSince
	case d.Outcome == access.Repeated && d.Before == to:
		return dialog.DecisionHolds
	case d.Outcome != access.CarriedOut:
		return map[access.Standing]dialog.PeopleNote{
			access.Unlisted: dialog.IsUnlisted, access.Waiting: dialog.IsWaiting, access.Approved: dialog.IsApproved, access.Blocked: dialog.IsBlocked,
		}[d.Before]
	case to == access.Blocked:
		return dialog.NowBlocked
	case to == access.Approved && d.Was:
		return dialog.ApprovedToo
	case to == access.Approved:
		return dialog.NowApproved
	case d.Is:
		return dialog.AllowedStill
	case d.Before == access.Blocked:
		return dialog.NowUnblocked
	default:
		return dialog.NowRemoved
	}
}

// adminPage shows all records, under the note that v has.
func adminPage(r *Request, page string, v dialog.PeopleView, as func(view.Message) Reply) (Reply, error) {
	var err error
	if v.Page, err = strconv.Atoi(page); err != nil {
		v.Page = 1
	}
	records := r.Admin.Access()
	for _, of := range []struct {
		standing access.Standing
		shown    dialog.PersonStanding
	}{{access.Waiting, dialog.PersonWaiting}, {access.Approved, dialog.PersonApproved}, {access.Blocked, dialog.PersonBlocked}} {
		for _, a := range records {
			if a.Standing == of.standing {
				v.People = append(v.People, dialog.Person{Person: a.Person, Name: a.Name, Standing: of.shown, Since: a.Since, By: a.By})
			}
		}
	}
	return as(dialog.People(v)), nil
}

// opsActions are the buttons of /admin that are about the process. The first of
// them is its first page.
func opsActions() map[string]Action {
	return map[string]Action{
		"all": {Run: func(ctx context.Context, r *Request) (Reply, error) { return adminFirst(ctx, r, inPlace) }},
		"notices": {Ack: "Changed", Run: func(ctx context.Context, r *Request) (Reply, error) {
			if err := r.Change(func(p *account.Prefs) { p.NoNotices = r.Args == "off" }); err != nil {
				return Reply{}, err
			}
			return adminFirst(ctx, r, inPlace)
		}},
		"errors": {Run: func(_ context.Context, r *Request) (Reply, error) { return adminErrors(r, inPlace) }},
		"error": {Run: func(_ context.Context, r *Request) (Reply, error) {
			return adminError(r, r.Args, inPlace)
		}},
	}
}

// adminFirst is how everything is, at one glance.
func adminFirst(ctx context.Context, r *Request, as func(view.Message) Reply) (Reply, error) {
	v := r.Admin.Overview(ctx)
	v.Now, v.NoNotices = r.Now, r.Prefs.NoNotices
	return as(dialog.Ops(v)), nil
}

// adminErrors are the last errors, all that are kept.
func adminErrors(r *Request, as func(view.Message) Reply) (Reply, error) {
	return as(dialog.OpsErrors(r.Admin.Errors(), r.Now)), nil
}

// adminError is one error by its reference, or that none is known by it.
func adminError(r *Request, ref string, as func(view.Message) Reply) (Reply, error) {
	e, known := errorOf(r, ref)
	if !known {
		return as(dialog.NoSuchError(ref)), nil
	}
	return as(dialog.OpsOneError(e)), nil
}

// errorOf finds an error by its reference, however that is typed.
func errorOf(r *Request, ref string) (dialog.OpsError, bool) {
	all := r.Admin.Errors()
	i := slices.IndexFunc(all, func(e dialog.OpsError) bool { return strings.EqualFold(e.Ref, ref) })
	if i < 0 {
		return dialog.OpsError{}, false
	}
	return all[i], true
}

// mayBeRef reports whether a typed word can be a reference: six letters and
// digits, as the bot makes them.
func mayBeRef(word string) bool {
	return len(word) == RefLength && strings.Trim(strings.ToUpper(word), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
