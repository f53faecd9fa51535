package bot

import (
	"context"
	"strings"

	"kitebot/internal/bot/view"
)

// opsActions are the buttons of /admin that are about the process. The first of
// them is its first page.
func opsActions() map[string]Action {
	return map[string]Action{
		"all": {Run: func(ctx context.Context, r *Request) (Reply, error) { return adminFirst(ctx, r, inPlace) }},
		"notices": {Ack: "Changed", Run: func(ctx context.Context, r *Request) (Reply, error) {
			if err := r.Change(func(p *Prefs) { p.NoNotices = r.Args == "off" }); err != nil {
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
	return as(view.Ops(r.bot.overview(ctx, r))), nil
}

// adminErrors are the last errors, all that are kept.
func adminErrors(r *Request, as func(view.Message) Reply) (Reply, error) {
	return as(view.OpsErrors(r.bot.shownErrors(), r.Now)), nil
}

// adminError is one error by its reference, or that none is known by it.
func adminError(r *Request, ref string, as func(view.Message) Reply) (Reply, error) {
	m, known := r.bot.tally.find(ref)
	if !known {
		return as(view.NoSuchError(ref)), nil
	}
	return as(view.OpsOneError(m.shown())), nil
}

// mayBeRef reports whether a typed word can be a reference: six letters and
// digits, as [Options.NewRef] makes them unless told otherwise.
func mayBeRef(word string) bool {
	return len(word) == refLength && strings.Trim(strings.ToUpper(word), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
