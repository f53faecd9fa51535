package session

import (
	"context"
	"fmt"
	"slices"

	"kitebot/internal/kite"
)

// contest is what becomes of a login whose Kite user is another person's already.
// Either of the two may have been talked into finishing the other one's link, so
// neither is believed: both logins end, in one commit, and so does whatever else
// may be logged in as that Kite user. Both people are notified, and neither learns
// of the other. The next to log in, by a link made since, gets the Kite user. It returns
// ErrNoLogin.
func (pr *person) contest(ctx context.Context, link Link, who kite.Identity, owner int64) error {
	other, done, err := pr.pool.acquire(owner)
	if err != nil {
		return fmt.Errorf("find the other login of the kite user: %w", err)
	}
	defer done()
	var refused, contested Event
	known, leaves, otherLeaves := false, 0, 0
	err = update(func(r []*Record) {
		i := r[0].link(link.Ref)
		if known = i >= 0; !known { // they left, or another call was faster
			return
		}
		leaves, otherLeaves = pr.leaves, other.leaves
		r[0].Links[i].UserID = who.UserID
		refused = Event{Kind: EventRefused, Links: r[0].suspend(who.UserID)}
		if l := r[1].Login; l != nil && l.User.UserID == who.UserID { // else their record is damaged, or they have left
			contested = Event{Kind: EventContested, Links: r[1].suspend(who.UserID)}
		}
	}, pr, other)
	if err != nil {
		return fmt.Errorf("end both logins of a kite user: %w", err)
	}
	if !known {
		return ErrNoLogin
	}
	pr.pool.Meter.LoginStep(stepRefused)
	pr.notify(leaves, refused)
	if contested.Kind != 0 {
		other.notify(otherLeaves, contested)
		pr.pool.spawnFor(other, func(ctx context.Context) { // at once: the watcher may be busy with other work
			other.endPending(ctx, pr.pool.Timing.Poll)
			other.startWatcher()
		})
	}
	pr.endNow(ctx, false)
	return ErrNoLogin
}

// suspend gives up what is, or may be, logged in as a Kite user. It returns the
// links that were given up.
func (r *Record) suspend(userID string) (dead []Link) {
	var ending []Credential
	if r.Login != nil && r.Login.User.UserID == userID {
		ending, r.Login = append(ending, r.Login.credential()), nil
	}
	kept := len(r.finished())
	dead = slices.Clone(r.Links[kept:])
	r.Links = r.Links[:kept]
	for _, l := range dead {
		ending = append(ending, l.Credential)
	}
	for _, h := range r.Lapsing {
		if h.UserID == userID || h.UserID == "" {
			ending = append(ending, h)
		}
	}
	r.Lapsing = slices.DeleteFunc(r.Lapsing, func(h Credential) bool { return h.UserID == userID || h.UserID == "" })
	for _, h := range ending {
		known := slices.ContainsFunc(r.Ending, func(e Credential) bool { return e.Session == h.Session })
		if !known && !h.Session.IsZero() {
			r.Ending = append(r.Ending, h)
		}
	}
	r.Contested = r.Login == nil // else another login stays, and its end is another story
	return dead
}
