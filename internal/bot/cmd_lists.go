package bot

import (
	"context"
	"strconv"
	"time"

	"kitebot/internal/bot/view"
)

// pager shows one page of something, with figures that are not older than maxAge.
type pager func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error)

// command completes a command whose reply has pages: typed, it shows the first
// with fresh figures; its buttons turn pages and refresh in place.
func (p pager) command(c Command) Command {
	c.Run = func(ctx context.Context, r *Request) (Reply, error) {
		m, err := p(ctx, r, 1, fresh)
		return say(m), err
	}
	turn := func(maxAge time.Duration) Handler {
		return func(ctx context.Context, r *Request) (Reply, error) {
			page, err := strconv.Atoi(r.Args)
			if err != nil {
				page = 1 // a button of somebody's making
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

func tradesCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.Trades(ctx, maxAge)
		fit, none := narrow(r, all)
		if none != nil {
			return *none, err
		}
		return r.only(view.Trades(view.TradesView{Trades: fit, Page: page, AsOf: at, Hide: r.Prefs.Hide, Native: r.Prefs.Native}), len(fit), len(all)), err
	})
	return filtered(show.command(Command{
		Name: "trades", Usage: "/trades", Summary: "today’s trades",
		Actions: map[string]Action{"csv": wholeFile(func(ctx context.Context, r *Request) (view.Message, error) {
			t, at, err := r.Account.Trades(ctx, browsing)
			return view.TradesCSV(t, r.file(at)), err
		})},
	}))
}

func fundsCommand() Command {
	return Command{
		Name: "funds", Usage: "/funds", Summary: "available margin and cash: equity and commodity",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, at, err := r.Account.Margins(ctx, fresh)
			return say(view.Funds(view.FundsView{Margins: m, AsOf: at, Hide: r.Prefs.Hide})), err
		},
	}
}

func profileCommand() Command {
	return Command{
		Name: "profile", Usage: "/profile", Summary: "whose account this is",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			p, at, err := r.Account.Profile(ctx, fresh)
			return say(view.Profile(view.ProfileView{Profile: p, AsOf: at, Hide: r.Prefs.Hide})), err
		},
	}
}

// wholeFile is the action of a CSV button.
func wholeFile(write func(ctx context.Context, r *Request) (view.Message, error)) Action {
	return Action{Ack: "Writing the file…", Run: func(ctx context.Context, r *Request) (Reply, error) {
		m, err := write(ctx, r)
		return say(m), err
	}}
}

// file says how a whole set is given out.
func (r *Request) file(at time.Time) view.CSVView {
	return view.CSVView{AsOf: at, Hide: r.Prefs.Hide}
}
