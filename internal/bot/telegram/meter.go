package telegram

import (
	"context"
	"errors"
	"time"
)

// Meter measures calls of the Bot API. Its methods must not block.
type Meter interface {
	// TelegramCall is told of one call, which is one of [Methods] and came to one
	// of [Outcomes]; heard is false without an answer. A call that we cancelled
	// is not reported.
	TelegramCall(method, outcome string, took time.Duration, heard bool)
	// TelegramLimited is told of each 429.
	TelegramLimited()
	// TelegramWaited is told how long a call waited because of a 429.
	TelegramWaited(time.Duration)
}

// Methods lists the methods that are called.
func Methods() []string {
	return []string{
		"getMe", "getUpdates", "getWebhookInfo", "setWebhook", "deleteWebhook",
		"sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "sendChatAction",
		"editMessageText", "editMessageMedia", "deleteMessage", "answerCallbackQuery",
		"getMyCommands", "setMyCommands", "deleteMyCommands",
		"getMyDescription", "setMyDescription", "getMyShortDescription", "setMyShortDescription",
	}
}

// outcomeOK is the outcome of a call that was done.
const outcomeOK = "ok"

// Outcomes lists what a call can come to.
func Outcomes() []string {
	all := []string{outcomeOK}
	for k := unsent; k < unreadable; k++ { // an answer is decoded after it was measured
		all = append(all, k.String())
	}
	return all
}

var kindNames = [...]string{
	unsent: "unsent", lost: "lost", rateLimited: "limited", conflicting: "conflict", unauthorized: "unauthorized", gone: "gone",
	missing: "missing", undeletable: "stays", unchanged: "unchanged", expired: "late", refused: "refused", unreadable: "unreadable",
}

func (k kind) String() string { return kindNames[k] }

// measure tells the meter what a call came to. Its time is the network's.
func (d *apiClient) measure(ctx context.Context, method string, took time.Duration, f *apiError) {
	if f == nil {
		d.meter.TelegramCall(method, outcomeOK, took, true)
		return
	}
	heard := f.kind != unsent && f.kind != lost
	if !heard && errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	d.meter.TelegramCall(method, f.kind.String(), took, heard)
	if f.kind == rateLimited {
		d.meter.TelegramLimited()
	}
}

// noopMeter is a Meter that measures nothing.
type noopMeter struct{}

func (noopMeter) TelegramCall(string, string, time.Duration, bool) {}
func (noopMeter) TelegramLimited()                                 {}
func (noopMeter) TelegramWaited(time.Duration)                     {}
