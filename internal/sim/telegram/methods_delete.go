package telegram

import "time"

// deletable is how old a message may be for deleteMessage.
const deletable = 48 * time.Hour

func deleteMessage(s *Server, c *call) (any, *apiError) {
	ch, err := s.chat(c)
	if err != nil {
		return nil, err
	}
	id, err := c.number("message_id")
	if err != nil {
		return nil, err
	}
	if err := s.mayDelete(ch, id, c.now); err != nil {
		return nil, err
	}
	s.remove(ch, id)
	return true, nil
}

func (s *Server) mayDelete(ch *chat, id int64, now time.Time) *apiError {
	m := ch.find(id)
	switch {
	case m == nil:
		return badRequest("message to delete not found")
	case now.Sub(m.Date) >= deletable:
		return badRequest("message can't be deleted for everyone")
	case !m.FromBot && !ch.private():
		return badRequest("message can't be deleted")
	}
	return nil
}
