package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Command is an entry of the command menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// profile is what the bot says about itself.
type profile struct {
	commands         map[string][]Command // by scope
	description      string
	shortDescription string
}

// updateQueue is the queue of updates and who is waiting for it.
type updateQueue struct {
	queue []queuedUpdate
	next  int64    // number of the next update
	kinds []string // allowed_updates; it stays until a call changes it
	poll  *poll    // the request that waits now

	secondPollers int            // other instances that poll
	confirmed     []queuedUpdate // the last ones that left the queue by being confirmed
}

type queuedUpdate struct {
	id    int64
	raw   json.RawMessage
	order string // what it waits behind on its way to a webhook
}

// orderOf names the updates that one waits for: Telegram keeps the order of one kind of update in one chat, or, where
// there is no chat, from one user.
func orderOf(u *wireUpdate) string {
	switch {
	case u.Message != nil:
		return fmt.Sprint("message ", u.Message.Chat.ID)
	case u.CallbackQuery != nil:
		return fmt.Sprint("callback_query ", u.CallbackQuery.From.ID)
	}
	return fmt.Sprint("my_chat_member ", u.MyChatMember.Chat.ID)
}

// poll is a getUpdates request that waits; another one ends it by closing over.
type poll struct {
	over   chan struct{}
	reason *apiError
}

// allKinds are the update types of Bot API 10.3, in its order.
func allKinds() []string {
	return []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
		"edited_business_message", "deleted_business_messages", "guest_message", "message_reaction",
		"message_reaction_count", "inline_query", "chosen_inline_result", "callback_query", "shipping_query",
		"pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member",
		"chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot", "subscription",
		"stopped_message_generation",
	}
}

// defaultKinds is what a bot gets that never asked: everything but three.
func defaultKinds() []string {
	return slices.DeleteFunc(allKinds(), func(kind string) bool {
		return kind == "chat_member" || strings.HasPrefix(kind, "message_reaction")
	})
}

// webhook is where updates are posted while one is set.
type webhook struct {
	url     string
	secret  string
	max     int64
	stop    context.CancelFunc
	busy    map[string]bool // orders whose first update is being delivered
	lastErr string
	lastAt  time.Time
}

// claim takes the first update that waits for no earlier one, unless max are being delivered.
func (h *webhook) claim(queue []queuedUpdate) (queuedUpdate, bool) {
	if int64(len(h.busy)) >= h.max {
		return queuedUpdate{}, false
	}
	for _, u := range queue {
		if !h.busy[u.order] {
			h.busy[u.order] = true
			return u, true
		}
	}
	return queuedUpdate{}, false
}

// rateLimit is Telegram's limit on how much a bot may say.
type rateLimit struct {
	until        map[string]time.Time // until when a chat (or a method without one) must be left alone
	all          time.Time            // until when nothing may be said anywhere
	refusedChats map[string]bool      // the chats that were refused for all, by quietKey
	perSecond    int                  // messages a second altogether, 0 for any number
	pause        int                  // seconds, after one more than perSecond
	recent       []time.Time          // the messages of the last second
	early        EarlyCalls
}

// EarlyCalls counts calls that came before the retry_after of a 429 had passed. Those of Chats and Presses are among
// the violations, too.
type EarlyCalls struct {
	Chats     int // to a chat that was refused
	All       int // messages to another chat, once two chats were refused, which shows that the limit is for all
	Callbacks int // answers to presses, after one was refused
}

// rateKey is the chat that a 429 was about, or the method for calls without a chat.
func rateKey(c *call) string {
	if chat := c.params["chat_id"]; chat != "" {
		return chat
	}
	return strings.ToLower(c.name)
}

// Call is one request as the server saw it.
type Call struct {
	Method string
	// Params are the parameters as text; objects and arrays are JSON text, as in a form field.
	Params map[string]string
	OK     bool
	// Code is the HTTP status of a refusal, 0 for a success or a dropped connection.
	Code int
	At   time.Time
}
