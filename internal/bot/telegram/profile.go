package telegram

import (
	"context"
	"fmt"
	"slices"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// Command is one line of the command menu.
type Command struct {
	Name    string // 1 to 32 of a-z, 0-9 and "_", without the slash
	Summary string // 1 to 256 characters
}

// Announce sets the command menu in private chats and empties it everywhere else.
// It changes only what differs: these methods are meant for rare changes, not
// for every start.
func (c *Client) Announce(ctx context.Context, commands []Command) error {
	menu := make([]models.BotCommand, 0, len(commands))
	for _, k := range commands {
		menu = append(menu, models.BotCommand{Command: k.Name, Description: k.Summary})
	}
	for _, s := range []struct {
		name  string
		scope models.BotCommandScope
		menu  []models.BotCommand
	}{
		{"private chats", &models.BotCommandScopeAllPrivateChats{}, menu},
		{"groups", &models.BotCommandScopeAllGroupChats{}, nil},
		{"other chats", &models.BotCommandScopeDefault{}, nil},
	} {
		if err := c.publish(ctx, s.scope, s.menu); err != nil {
			return fmt.Errorf("announce commands in %s: %w", s.name, err)
		}
	}
	return nil
}

// publish sets the menu of one scope where it differs.
func (c *Client) publish(ctx context.Context, scope models.BotCommandScope, menu []models.BotCommand) error {
	return c.callProfile(ctx, func(ctx context.Context) error {
		shown, err := c.api.GetMyCommands(ctx, &tg.GetMyCommandsParams{Scope: scope})
		switch {
		case err != nil || slices.Equal(shown, menu):
		case len(menu) == 0:
			_, err = c.api.DeleteMyCommands(ctx, &tg.DeleteMyCommandsParams{Scope: scope})
		default:
			_, err = c.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: menu, Scope: scope})
		}
		return err
	})
}

// Describe sets the text of the bot's empty chat (at most 512 characters) and
// the line on its profile and shared links (at most 120), where they differ:
// Telegram lets a bot change them a few times a day.
func (c *Client) Describe(ctx context.Context, description, short string) error {
	err := c.callProfile(ctx, func(ctx context.Context) error {
		shown, err := c.api.GetMyDescription(ctx, &tg.GetMyDescriptionParams{})
		if err == nil && shown.Description != description {
			_, err = c.api.SetMyDescription(ctx, &tg.SetMyDescriptionParams{Description: description})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("describe the bot: %w", err)
	}
	err = c.callProfile(ctx, func(ctx context.Context) error {
		shown, err := c.api.GetMyShortDescription(ctx, &tg.GetMyShortDescriptionParams{})
		if err == nil && shown.ShortDescription != short {
			_, err = c.api.SetMyShortDescription(ctx, &tg.SetMyShortDescriptionParams{ShortDescription: short})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("describe the bot in short: %w", err)
	}
	return nil
}

// callProfile reads something about the bot itself and changes it where it differs,
// which is idempotent. A 429 for it may last hours and does not hold back messages.
func (c *Client) callProfile(ctx context.Context, do func(context.Context) error) error {
	return c.retry(ctx, c.limits.profile, botProfile, apiCall{method: "profile", idempotent: true, do: do})
}
