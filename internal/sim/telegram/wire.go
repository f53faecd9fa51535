package telegram

import (
	"encoding/json"
)

// The wire types are the parts of Bot API objects that this simulator sends.

type wireUser struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// wireMe is what getMe alone adds to a user.
type wireMe struct {
	wireUser
	CanJoinGroups           bool `json:"can_join_groups"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages"`
	SupportsInlineQueries   bool `json:"supports_inline_queries"`
	CanConnectToBusiness    bool `json:"can_connect_to_business"`
	HasMainWebApp           bool `json:"has_main_web_app"`
}

type wireChat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	FirstName string `json:"first_name,omitempty"`
}

// Entity is a formatted stretch of a text, with offset and length in UTF-16 code units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

type wireMessage struct {
	MessageID     int64            `json:"message_id"`
	From          *wireUser        `json:"from,omitempty"`
	Chat          wireChat         `json:"chat"`
	Date          int64            `json:"date"`
	EditDate      int64            `json:"edit_date,omitempty"`
	Protected     bool             `json:"has_protected_content,omitempty"`
	Text          string           `json:"text,omitempty"`
	Entities      []Entity         `json:"entities,omitempty"`
	LinkPreview   *linkPreview     `json:"link_preview_options,omitempty"`
	Photo         []wirePhoto      `json:"photo,omitempty"`
	Document      *wireDocument    `json:"document,omitempty"`
	Caption       string           `json:"caption,omitempty"`
	CaptionEntity []Entity         `json:"caption_entities,omitempty"`
	RichMessage   json.RawMessage  `json:"rich_message,omitempty"`
	ReplyMarkup   *wireInlineBoard `json:"reply_markup,omitempty"`
}

type wireInlineBoard struct {
	Rows [][]wireButton `json:"inline_keyboard"`
}

type wireButton struct {
	Text     string        `json:"text"`
	Style    string        `json:"style,omitempty"`
	URL      string        `json:"url,omitempty"`
	Data     string        `json:"callback_data,omitempty"`
	CopyText *wireCopyText `json:"copy_text,omitempty"`
}

type wireCopyText struct {
	Text string `json:"text"`
}

type wirePhoto struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	FileSize     int    `json:"file_size"`
}

type wireDocument struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileName     string `json:"file_name,omitempty"`
	MimeType     string `json:"mime_type,omitempty"`
	FileSize     int    `json:"file_size"`
}

type wireUpdate struct {
	UpdateID      int64          `json:"update_id"`
	Message       *wireMessage   `json:"message,omitempty"`
	CallbackQuery *wireQuery     `json:"callback_query,omitempty"`
	MyChatMember  *wireMemberChg `json:"my_chat_member,omitempty"`
}

type wireQuery struct {
	ID           string       `json:"id"`
	From         wireUser     `json:"from"`
	Message      *wireMessage `json:"message,omitempty"`
	ChatInstance string       `json:"chat_instance"`
	Data         string       `json:"data"`
}

type wireMemberChg struct {
	Chat wireChat   `json:"chat"`
	From wireUser   `json:"from"`
	Date int64      `json:"date"`
	Old  wireMember `json:"old_chat_member"`
	New  wireMember `json:"new_chat_member"`
}

type wireMember struct {
	User      wireUser `json:"user"`
	Status    string   `json:"status"`
	UntilDate *int64   `json:"until_date,omitempty"`
}

// linkPreview is LinkPreviewOptions, as the bot gave it.
type linkPreview struct {
	IsDisabled bool `json:"is_disabled,omitempty"`
}
