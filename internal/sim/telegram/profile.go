package telegram

import (
	"slices"
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

// commandScope reads the scope, one of those that the bot sets.
func (s *Server) commandScope(c *call) (string, *apiError) {
	scope := struct {
		Type string `json:"type"`
	}{"default"}
	if err := s.object(c, "scope", &scope); err != nil {
		return "", badRequest("can't parse BotCommandScope: Object expected")
	}
	if !slices.Contains([]string{"default", "all_private_chats", "all_group_chats"}, scope.Type) {
		s.violation("%s: unknown scope %q", c.name, scope.Type)
		return "", badRequest("the simulator does not know the scope %s", scope.Type)
	}
	return scope.Type, nil
}

// menu is what a client shows in a private chat. The caller holds the lock.
func (s *Server) menu() []Command {
	if found := s.profile.commands["all_private_chats"]; len(found) > 0 {
		return found
	}
	return s.profile.commands["default"]
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
