package telegram

// What the tests outside look at.
var (
	Parse    = parse
	RichText = richText
	Deadline = deadline
)

const (
	MaxText = maxText
	MaxName = maxName
	MaxData = maxData
)

// ChatLocks is how many chats have a call under way or waiting.
func (c *Client) ChatLocks() int { return len(c.limits.locks) }
