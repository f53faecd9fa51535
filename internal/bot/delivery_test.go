package bot_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
)

// What can never be delivered is tried once; what may be delivered later is
// tried for ten minutes, in ever longer pauses, and then left to the journal. What
// may be there already, a few times over, is not sent by the next process again.
func TestHowOftenADeliveryIsTried(t *testing.T) {
	for name, tt := range map[string]struct {
		cause       bot.DeliveryCause
		least, most int
		left        int // unanswered updates in the end
	}{
		"the person blocked the bot":   {bot.DeliveryGone, 1, 1, 0},
		"Telegram refuses the message": {bot.DeliveryRefused, 1, 1, 0},
		"Telegram does not take it":    {bot.DeliveryFailed, 10, 30, 1},
		"nobody answers":               {bot.DeliveryDoubtful, 2, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, c *chat) {
				c.phone.Break(&bot.DeliveryError{Cause: tt.cause, Err: errors.New("no")})
				c.says("asha", "/help")
				time.Sleep(time.Hour)
				synctest.Wait()
				if tries, _ := c.phone.Counts(); tries < tt.least || tries > tt.most {
					t.Errorf("tried %d times, want %d to %d", tries, tt.least, tt.most)
				}
				if left, err := c.journal.Unanswered(c.id); err != nil || len(left) != tt.left {
					t.Errorf("%d updates are left, %v; want %d", len(left), err, tt.left)
				}
				c.phone.Break(nil)
				if seen := c.says("asha", "/nosuch"); seen == "" {
					t.Error("the next command was not answered")
				}
			})
		})
	}
}
