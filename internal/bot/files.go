package bot

import (
	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// Files that are on their way stay in memory for as long as Telegram takes to
// accept them, which may be all of deliveryTime.
const (
	// smallFiles is how many bytes of files a reply may have that are not counted.
	smallFiles = 256 << 10
	// mostFiles bounds the other files of all people together, in bytes. One that
	// has more by itself goes when no other is on its way.
	mostFiles = 12 << 20
)

// holdFiles counts the files of a reply until release is called. It fails with
// [kite.KindLimited] when there is no room for them: their person asks again,
// since what waited would need the room.
func (b *Bot) holdFiles(command string, r Reply) (release func(), err error) {
	size := int64(0)
	for _, m := range r.More {
		size += fileSize(m.File)
	}
	if r.Message != nil {
		size += fileSize(r.Message.File)
	}
	if size <= smallFiles {
		return func() {}, nil
	}
	size = min(size, mostFiles)
	release = func() { b.files.Add(-size) }
	if b.files.Add(size) > mostFiles {
		release()
		return func() {}, &kite.Error{Kind: kite.KindLimited, Tool: command}
	}
	return release, nil
}

func fileSize(f *view.File) int64 {
	if f == nil {
		return 0
	}
	return int64(len(f.Data))
}
