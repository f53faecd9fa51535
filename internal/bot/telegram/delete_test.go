package telegram_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

func TestDeleteIsWhatTelegramExpects(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
		if err := c.Delete(t.Context(), 501, 77); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"chat_id": "501", "message_id": "77"}, s.of("deleteMessage")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if log.String() != "" {
			t.Errorf("the log speaks of it:\n%s", log)
		}
	})
}

// A refusal is final: it is neither tried again nor a bug of ours.
func TestWhatIsNotDeleted(t *testing.T) {
	const none = bot.DeliveryCause(-1)
	for _, tt := range []struct {
		code        int
		description string
		cause       bot.DeliveryCause
		loud        bool
	}{
		{400, "Bad Request: message to delete not found", none, false},
		{400, "Bad Request: MESSAGE_ID_INVALID", none, false},
		{400, "Bad Request: message can't be deleted", bot.DeliveryRefused, false},
		{400, "Bad Request: message can't be deleted for everyone", bot.DeliveryRefused, false},
		{400, "Bad Request: MESSAGE_DELETE_FORBIDDEN", bot.DeliveryRefused, false},
		{400, "Bad Request: message identifier is not specified", bot.DeliveryRefused, true}, // a bug of ours
		{403, "Forbidden: bot was blocked by the user", bot.DeliveryGone, false},
		{400, "Bad Request: chat not found", bot.DeliveryGone, false},
		{401, "Unauthorized", bot.DeliveryFailed, false},
	} {
		t.Run(tt.description, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				s.on("deleteMessage", no(tt.code, tt.description))
				if err := c.Delete(t.Context(), 501, 7); tt.cause == none && err != nil || tt.cause != none && cause(t, err) != tt.cause {
					t.Errorf("Delete = %v, want cause %d", err, tt.cause)
				}
				if n := len(s.of("deleteMessage")); n != 1 {
					t.Errorf("tried %d times, want once", n)
				}
				if loud := log.count("level=ERROR") == 1; loud != tt.loud {
					t.Errorf("said loudly = %v:\n%s", loud, log)
				}
			})
		})
	}
}

// Deleting twice is the same as once, so whatever is lost is tried again.
func TestDeletionsAreRepeated(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.refuseDials(1)
		s.on("deleteMessage", reply{drop: true}, gateway(), no(400, "Bad Request: message to delete not found"))
		if err := c.Delete(t.Context(), 501, 7); err != nil {
			t.Errorf("Delete = %v: the one before, whose answer was lost, did it", err)
		}
		for range maxAttempts {
			s.on("deleteMessage", reply{drop: true})
		}
		before := len(s.of("deleteMessage"))
		if got := cause(t, c.Delete(t.Context(), 501, 7)); got != bot.DeliveryFailed {
			t.Errorf("cause = %d, want failed: it may work later", got)
		}
		if n := len(s.of("deleteMessage")) - before; n != maxAttempts {
			t.Errorf("tried %d times, want %d", n, maxAttempts)
		}
		s.on("deleteMessage", ok(`{"novelty":1}`))
		if err := c.Delete(t.Context(), 501, 7); err != nil {
			t.Errorf("Delete = %v: Telegram said ok", err)
		}
	})
}

// The strict simulator agrees: both sides' messages go, once and for all, and old
// ones stay.
func TestTheStrictServerDeletes(t *testing.T) {
	simBubble(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *lines) {
		asha, ravi := people(s)
		old := mustSend(t, c, hello())
		elapse(48*time.Hour - time.Second)
		ours := mustSend(t, c, hello())
		asha.Send("a code")
		theirs := int(asha.Last().ID)
		elapse(time.Second)
		for _, id := range []int{theirs, ours, theirs} {
			if err := c.Delete(t.Context(), 501, id); err != nil {
				t.Errorf("Delete of %d = %v", id, err)
			}
		}
		if got := cause(t, c.Delete(t.Context(), 501, old)); got != bot.DeliveryRefused || log.count("level=ERROR") != 0 {
			t.Errorf("cause for an old message = %d, log:\n%s", got, log)
		}
		var left []int
		for _, m := range asha.Chat() {
			left = append(left, int(m.ID))
		}
		if slices.Contains(left, theirs) || slices.Contains(left, ours) || !slices.Contains(left, old) {
			t.Errorf("left are %v of %v", left, []int{old, ours, theirs})
		}
		lunch := s.Group(-100900, "Lunch")
		lunch.Send(ravi, "/status")
		chat := lunch.Chat()
		err := c.Delete(t.Context(), -100900, int(chat[len(chat)-1].ID))
		if cause(t, err) != bot.DeliveryRefused || !strings.Contains(err.Error(), "can't be deleted") {
			t.Errorf("Delete of somebody's message in a group = %v", err)
		}
	})
}
