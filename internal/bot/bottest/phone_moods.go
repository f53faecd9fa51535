package bottest

import (
	"context"

	"kitebot/internal/bot"
)

// Gone makes a chat unreachable, as it is when its person blocked the bot.
func (p *Phone) Gone(chat int64, yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone[chat] = yes
}

// Fix makes every deletion be refused, as Telegram does with old messages.
func (p *Phone) Fix(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fixed = yes
}

// Hold lets deliveries to a chat wait until it is held no longer, as a long
// retry_after of Telegram's does.
func (p *Phone) Hold(chat int64, yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if held := p.held[chat]; held != nil {
		close(held)
		delete(p.held, chat)
	}
	if yes {
		p.held[chat] = make(chan struct{})
	}
}

// wait is what Hold asks for.
func (p *Phone) wait(ctx context.Context, chat int64) error {
	p.mu.Lock()
	held := p.held[chat]
	p.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return &bot.DeliveryError{Cause: bot.DeliveryFailed, Err: ctx.Err()}
	}
}

// Counts returns how many deliveries were tried so far, whatever came of them,
// and how many presses were acknowledged.
func (p *Phone) Counts() (tries, acks int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries, p.acks
}
