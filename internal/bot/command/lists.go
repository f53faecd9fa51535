package command

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite/symbol"
)

// pager shows one page of something, with figures that are not older than maxAge.
type pager func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error)

// command completes a command whose reply has pages: typed, it shows the first
// with fresh figures; its buttons turn pages and refresh in place.
func (p pager) command(c Command) Command {
	c.Run = func(ctx context.Context, r *Request) (Reply, error) {
		m, err := p(ctx, r, 1, fresh)
		return Say(m), err
	}
	turn := func(maxAge time.Duration) Handler {
		return func(ctx context.Context, r *Request) (Reply, error) {
			page, err := strconv.Atoi(r.Args)
			if err != nil {
				page = 1 // a forged button
			}
			m, err := p(ctx, r, page, maxAge)
			return inPlace(m), err
		}
	}
	if c.Actions == nil {
		c.Actions = map[string]Action{}
	}
	c.Actions["page"] = Action{Run: turn(browsing)}
	c.Actions["refresh"] = Action{Ack: "Refreshing…", Run: turn(fresh)}
	return c
}

// question asks for something of the asker's account: a method of [account.Account].
type question[T any] func(a *account.Account, ctx context.Context, maxAge time.Duration) (T, time.Time, error)

// list completes a command that lists the rows of one question: it has pages, a filter
// and a file of all rows.
func list[T row](c Command, ask question[[]T], show, file func([]T, statement.Options) view.Message) Command {
	c = pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := ask(r.Account, ctx, maxAge)
		fit, none := applyFilter(r, all)
		if none != nil {
			return *none, err
		}
		return r.only(show(fit, r.options(page, at)), len(fit), len(all)), err
	}).command(c)
	c.Actions["csv"] = csvAction(ask, file)
	return withFilterWords(c)
}

// single completes a command that shows the answer to one question.
func single[T any](c Command, ask question[T], show func(T, statement.Options) view.Message) Command {
	c.Run = func(ctx context.Context, r *Request) (Reply, error) {
		answer, at, err := ask(r.Account, ctx, fresh)
		return Say(show(answer, r.options(1, at))), err
	}
	return c
}

// csvAction is the action of a CSV button.
func csvAction[T any](ask question[T], file func(T, statement.Options) view.Message) Action {
	return Action{Ack: "Writing the file…", Run: func(ctx context.Context, r *Request) (Reply, error) {
		all, at, err := ask(r.Account, ctx, browsing)
		return Say(file(all, r.options(1, at))), err
	}}
}

// options are how figures of a moment are shown to the person.
func (r *Request) options(page int, at time.Time) statement.Options {
	return statement.Options{AsOf: at, Page: page, Hide: r.Prefs.Hide, Native: r.Prefs.Native}
}

// withFilterWords makes a list be narrowed by the words behind its command, "/orders open".
// Its buttons carry them along where they have room.
func withFilterWords(c Command) Command {
	c.Filters = true
	c.Run = withFilter(c.Name, func(r *Request) {
		if strings.ContainsFunc(r.Args, func(c rune) bool { return c < '0' || c > '9' }) { // a mere number was a page once
			r.filter = r.Args
		}
	}, c.Run)
	for _, name := range []string{"page", "refresh", "card"} {
		if a, ok := c.Actions[name]; ok {
			a.Run = withFilter(c.Name, func(r *Request) { r.Args, r.filter, _ = strings.Cut(r.Args, view.FilterBar) }, a.Run)
			c.Actions[name] = a
		}
	}
	return c
}

func withFilter(command string, read func(*Request), run Handler) Handler {
	return func(ctx context.Context, r *Request) (Reply, error) {
		read(r)
		reply, err := run(ctx, r)
		if reply.Message != nil && r.filter != "" {
			reply.Message.Carry(command, r.filter)
		}
		return reply, err
	}
}

// row is what a filter chooses from.
type row interface{ Fits(word string) bool }

// applyFilter keeps the rows that each word of the filter fits, or any of them where no
// row fits all. none is the answer where no row fits.
func applyFilter[T row](r *Request, all []T) (kept []T, none *view.Message) {
	words := strings.FieldsFunc(symbol.Key(r.filter), func(c rune) bool { return strings.ContainsRune(" ,;.?!", c) })
	if len(words) == 0 || len(all) == 0 {
		return all, nil
	}
	kept = slices.DeleteFunc(slices.Clone(all), func(row T) bool {
		return slices.ContainsFunc(words, func(w string) bool { return !row.Fits(w) })
	})
	if len(kept) == 0 {
		kept = slices.DeleteFunc(slices.Clone(all), func(row T) bool { return !slices.ContainsFunc(words, row.Fits) })
	}
	if len(kept) == 0 {
		m := view.NothingFits(r.Command, r.filter, len(all))
		return nil, &m
	}
	return kept, nil
}

// only says on a list that it is narrowed, and to what.
func (r *Request) only(m view.Message, kept, all int) view.Message {
	if r.filter == "" || all == 0 {
		return m
	}
	return m.Only(r.filter, kept, all)
}
