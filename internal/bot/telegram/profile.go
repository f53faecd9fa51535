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
	var shown []models.BotCommand
	err := c.callProfile(ctx, "getMyCommands", func(ctx context.Context) (err error) {
		shown, err = c.api.GetMyCommands(ctx, &tg.GetMyCommandsParams{Scope: scope})
		return err
	})
	if err != nil || slices.Equal(shown, menu) {
		return err
	}
	if len(menu) == 0 {
		return c.callProfile(ctx, "deleteMyCommands", func(ctx context.Context) error {
			_, err := c.api.DeleteMyCommands(ctx, &tg.DeleteMyCommandsParams{Scope: scope})
			return err
		})
	}
	return c.callProfile(ctx, "setMyCommands", func(ctx context.Context) error {
		_, err := c.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: menu, Scope: scope})
		return err
	})
}

// Describe sets the text of the bot's empty chat (at most 512 characters) and
// the line on its profile and shared links (at most 120), where they differ:
// Telegram lets a bot change them a few times a day.
func (c *Client) Describe(ctx context.Context, description, short string) error {
	if err := c.describe(ctx, description); err != nil {
		return fmt.Errorf("describe the bot: %w", err)
	}
	if err := c.describeShortly(ctx, short); err != nil {
		return fmt.Errorf("describe the bot in short: %w", err)
	}
	return nil
}

func (c *Client) describe(ctx context.Context, text string) error {
	var shown models.BotDescription
	err := c.callProfile(ctx, "getMyDescription", func(ctx context.Context) (err error) {
		shown, err = c.api.GetMyDescription(ctx, &tg.GetMyDescriptionParams{})
		return err
	})
	if err != nil || shown.Description == text {
		return err
	}
	return c.callProfile(ctx, "setMyDescription", func(ctx context.Context) error {
		_, err := c.api.SetMyDescription(ctx, &tg.SetMyDescriptionParams{Description: text})
		return err
	})
}

func (c *Client) describeShortly(ctx context.Context, text string) error {
	var shown models.BotShortDescription
	err := c.callProfile(ctx, "getMyShortDescription", func(ctx context.Context) (err error) {
		shown, err = c.api.GetMyShortDescription(ctx, &tg.GetMyShortDescriptionParams{})
		return err
	})
	if err != nil || shown.ShortDescription == text {
		return err
	}
	return c.callProfile(ctx, "setMyShortDescription", func(ctx context.Context) error {
		_, err := c.api.SetMyShortDescription(ctx, &tg.SetMyShortDescriptionParams{ShortDescription: text})
		return err
	})
}

// callProfile makes a call about the bot itself, which is idempotent. A 429 for it
// may last hours and does not hold back messages.
func (c *Client) callProfile(ctx context.Context, method string, do func(context.Context) error) error {
	return c.retry(ctx, c.limits.profile, botProfile, call{method: method, idempotent: true, do: do})
}
