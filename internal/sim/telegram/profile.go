package telegram

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxCommands is how many commands one scope holds; maxCommandBytes is about where Telegram says BOT_COMMANDS_TOO_MUCH.
const (
	maxCommands     = 100
	maxCommandBytes = 7800
)

func setMyCommands(s *Server, c *call) (any, *apiError) {
	key, err := s.commandScope(c)
	if err != nil {
		return nil, err
	}
	if !c.has("commands") {
		return nil, badRequest("parameter \"commands\" is required")
	}
	var commands []Command
	if err := s.object(c, "commands", &commands); err != nil {
		return nil, badRequest("can't parse commands JSON object")
	}
	if err := checkCommands(commands); err != nil {
		s.violation("setMyCommands: %s", err.Description)
		return nil, err
	}
	if len(commands) == 0 {
		delete(s.profile.commands, key)
	} else {
		s.profile.commands[key] = commands
	}
	s.profileChanged()
	return true, nil
}

func checkCommands(commands []Command) *apiError {
	if len(commands) > maxCommands {
		return badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for _, cmd := range commands {
		name := strings.TrimPrefix(cmd.Command, "/")
		if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return badRequest("BOT_COMMAND_INVALID")
		}
		if n := units(cmd.Description); n < 1 || n > 256 {
			return badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if len(marshal(commands)) > maxCommandBytes {
		return badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	return nil
}

func getMyCommands(s *Server, c *call) (any, *apiError) {
	key, err := s.commandScope(c)
	if err != nil {
		return nil, err
	}
	return append([]Command{}, s.profile.commands[key]...), nil
}

func deleteMyCommands(s *Server, c *call) (any, *apiError) {
	key, err := s.commandScope(c)
	if err != nil {
		return nil, err
	}
	delete(s.profile.commands, key)
	s.profileChanged()
	return true, nil
}

// commandScope turns the scope and the language into a key such as "chat 42 en".
func (s *Server) commandScope(c *call) (string, *apiError) {
	scope := struct {
		Type   string          `json:"type"`
		ChatID json.RawMessage `json:"chat_id"`
		UserID int64           `json:"user_id"`
	}{Type: "default"}
	if err := s.object(c, "scope", &scope); err != nil {
		return "", badRequest("can't parse BotCommandScope: Object expected")
	}
	language := c.params["language_code"]
	if language != "" && len(language) != 2 {
		return "", badRequest("invalid language code specified")
	}
	chat := strings.Trim(string(scope.ChatID), `"`)
	switch scope.Type {
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
		return scope.Type + " " + language, nil
	case "chat", "chat_administrators", "chat_member":
		id, _ := strconv.ParseInt(chat, 10, 64)
		if s.chats[id] == nil || !s.chats[id].known {
			return "", badRequest("chat not found")
		}
		return scope.Type + " " + chat + "/" + strconv.FormatInt(scope.UserID, 10) + " " + language, nil
	}
	s.violation("%s: unknown scope %q", c.name, scope.Type)
	return "", badRequest("can't parse BotCommandScope: Unsupported type specified")
}

// menuFor is what a client shows in a private chat: the narrowest scope that has commands, in the person's language
// before any language. The caller holds the lock.
func (s *Server) menuFor(p *User) []Command {
	for _, scope := range []string{"chat " + strconv.FormatInt(p.ID, 10) + "/0", "all_private_chats", "default"} {
		for _, language := range []string{p.wire().LanguageCode, ""} {
			if found := s.profile.commands[scope+" "+language]; len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// profileChanged makes every page look again at what it shows of the bot.
func (s *Server) profileChanged() {
	s.notify()
	for _, ch := range s.chats {
		ch.headerRev = s.rev
	}
}

func setMyDescription(s *Server, c *call) (any, *apiError) {
	if units(c.params["description"]) > 512 {
		s.violation("setMyDescription: more than 512 characters")
		return nil, badRequest("BOT_DESCRIPTION_TOO_LONG")
	}
	s.profile.description = c.params["description"]
	s.profileChanged()
	return true, nil
}

func getMyDescription(s *Server, _ *call) (any, *apiError) {
	return map[string]string{"description": s.profile.description}, nil
}

func getMyShortDescription(s *Server, _ *call) (any, *apiError) {
	return map[string]string{"short_description": s.profile.shortDescription}, nil
}

func setMyShortDescription(s *Server, c *call) (any, *apiError) {
	if units(c.params["short_description"]) > 120 {
		s.violation("setMyShortDescription: more than 120 characters")
		return nil, badRequest("BOT_SHORT_DESCRIPTION_TOO_LONG")
	}
	s.profile.shortDescription = c.params["short_description"]
	s.profileChanged()
	return true, nil
}
