package bot

import "slices"

// Resume takes up the work of an earlier process: it queues what that took but
// did not answer, and removes people who may no longer use the bot. It fails
// when the store cannot be read: a block must not be forgotten.
func (b *Bot) Resume() error {
	if b.access.Err != nil {
		return b.access.Err
	}
	if err := b.access.Tidy(); err != nil {
		return err
	}
	left, err := b.unansweredUpdates()
	if err != nil {
		return err
	}
	notAllowed, err := b.notAllowed()
	if err != nil {
		return err
	}
	b.resume(left)
	if len(notAllowed) > 0 {
		b.background(func() { b.forgetAllRemoved(notAllowed) })
	}
	return nil
}

// unansweredUpdates is what an earlier process took but did not answer, the oldest first.
func (b *Bot) unansweredUpdates() ([]Update, error) {
	b.takenEarly.mu.Lock()
	defer b.takenEarly.mu.Unlock()
	left, err := b.Journal.Unanswered(b.ID)
	left = slices.DeleteFunc(left, func(u Update) bool {
		return slices.ContainsFunc(b.takenEarly.taken, func(own Update) bool { return own.ID == u.ID })
	})
	b.takenEarly.taken, b.takenEarly.over = nil, true
	return left, err
}

// resume queues updates in each person's mailbox, where they come before newer
// ones. Each asks the pacer before it runs. The oldest of each person asks right
// here, so that the oldest of all run first; but not behind an event that may take
// long to show, since a permit that waits lets no one run.
func (b *Bot) resume(left []Update) {
	heads := map[int64]bool{} // people whose oldest update was queued
	suspects := 0             // with those that are to blame: they may have ended the others' processes
	for _, u := range left {
		if u.Entry.suspect() || u.Entry.givenUp() {
			suspects++
		}
	}
	for _, u := range left {
		if u.Entry.suspect() && suspects == 1 {
			u.Entry.Attempts = maxAttempts + 1 // it is to blame
		}
		switch {
		case u.Entry.Attempts > maxAttempts+1:
			b.Logger.Error("an update is given up: the process ended over it",
				"effect", "its person gets no answer, since the process ended over the notice as well", "update", u.ID)
			b.answered(u)
			continue
		case b.outside(u):
			b.answered(u) // what unauthorized people sent is not taken up again
			continue
		case !heads[u.From]:
			heads[u.From] = true
			if !b.mail.busy(u.From) {
				b.pace.enter(u.Entry)
			}
		}
		if u.Entry.givenUp() {
			b.Logger.Error("an update is given up: the process ended over it", "effect", "its person is asked to send it again", "update", u.ID)
		}
		if !b.dispatch(u, true) {
			b.pace.leave(u.Entry)
		}
	}
}
