package store

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// A stored is a kind of bytes that the store reads back.
type stored struct {
	name  string
	seeds [][]byte
	check func(t *testing.T, data []byte)
}

// FuzzStored gives any bytes to everything that reads what was stored: the kind
// is the first byte. What is read is an error, or it is written and read again
// as the same. Nothing panics, and no error quotes what was read.
func FuzzStored(f *testing.F) {
	kinds := []stored{
		{"record", recordSeeds(f), checkRecord},
		{"preferences", encoded(f, encodePrefs, bottest.FullPrefs(), account.Prefs{Hide: true}), checkPrefs},
		{"access", encoded(f, encodeAccess, bottest.FullAccess(71), access.Record{Standing: access.Blocked}), checkAccess},
		{"entry", encoded(f, encodeEntry, entryV1{V: 1, Update: bottest.Message(1), Attempts: 2, Ran: true}, entryV1{V: 1, Update: bot.Update{Blocked: true}}), checkEntry},
		{"sealed value", [][]byte{nil, {0, 0, 0, 1}, {1, 1, 1}}, checkSealed},
		{"key", [][]byte{[]byte("WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="), []byte("A")}, checkKey},
		{"pages", [][]byte{nil, {0, 0, 4, 1}, {0x10, 0x0a, 0xff, 7}}, checkPages},
	}
	for i, k := range kinds {
		for _, seed := range k.seeds {
			f.Add(append([]byte{byte(i)}, seed...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		kinds[int(data[0])%len(kinds)].check(t, data[1:])
	})
}

// encoded returns seeds: values as they are written, and a few texts that only
// look like some.
func encoded[V any](f *testing.F, encode func(V) ([]byte, error), values ...V) [][]byte {
	f.Helper()
	seeds := [][]byte{nil, []byte(`{}`), []byte(`null`), []byte(`{"v":1}`), []byte(`{"v":2}`), []byte(`{"v":1,"V":1e400}`), []byte(`[[[[[[`)}
	for _, v := range values {
		text, err := encode(v)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, text, text[:len(text)/2])
	}
	return seeds
}

func recordSeeds(f *testing.F) [][]byte {
	return append(encoded(f, encodeRecord, sessiontest.Full(71), sessiontest.LoggedIn(72, "ZZ0002"), session.Record{}),
		[]byte(`{"v":1,"login":{"since":"9999-12-31T23:59:59-23:59","resumable":7}}`),
		[]byte(`{"v":1,"links":[null,{"url":"\ud800"}],"login":null}`))
}

// again wants an error, or a value that is written and read again as the same.
func again[V any](t *testing.T, text []byte, decode func([]byte) (V, error), encode func(V) ([]byte, error)) {
	t.Helper()
	first, err := decode(text)
	if err != nil {
		wantNamed(t, err, text)
		return
	}
	written, err := encode(first)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	second, err := decode(written)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	opts := []cmp.Option{cmpopts.EquateEmpty(), cmp.AllowUnexported(session.ID{}, kite.Link{})}
	if diff := cmp.Diff(first, second, opts...); diff != "" {
		t.Fatalf("read again it is another (-first +second):\n%s", diff)
	}
}

// wantNamed wants one of the errors that callers know, without a quotation.
func wantNamed(t *testing.T, err error, text []byte) {
	t.Helper()
	if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrSchemaNewer) && !errors.Is(err, errKeyForm) {
		t.Fatalf("got %v, want one of the known errors", err)
	}
	if len(text) > 12 && bytes.Contains([]byte(err.Error()), text) {
		t.Fatalf("the error quotes what it refuses: %v", err)
	}
}

func checkRecord(t *testing.T, text []byte) {
	again(t, text, func(text []byte) (session.Record, error) { return decodeRecord(71, text) }, encodeRecord)
}

func checkPrefs(t *testing.T, text []byte) { again(t, text, decodePrefs, encodePrefs) }

func checkAccess(t *testing.T, text []byte) {
	again(t, text, func(text []byte) (access.Record, error) { return decodeAccess(71, text) }, encodeAccess)
}

func checkEntry(t *testing.T, text []byte) { again(t, text, decodeEntry, encodeEntry) }

// checkSealed takes three bytes as a change of a sealed value: which byte, which
// bits, and how much is cut off its end. Whatever is left of the data is tried
// as a sealed value of its own.
func checkSealed(t *testing.T, data []byte) {
	box := testBox(t, testKey())
	place, key, text := []byte(peopleBucket), number(71), []byte("a text of some length")
	if _, err := box.open(place, key, data); err == nil {
		t.Fatal("made-up bytes were opened")
	} else {
		wantNamed(t, err, data)
	}
	if len(data) < 3 {
		return
	}
	sealed := box.seal(place, key, text)
	changed := slices.Clone(sealed)
	changed[int(data[0])%len(changed)] ^= data[1]
	changed = changed[:len(changed)-int(data[2])%len(changed)]
	got, err := box.open(place, key, changed)
	if same := bytes.Equal(sealed, changed); same != (err == nil) || same && !bytes.Equal(got, text) {
		t.Fatalf("opened %x: %q, %v", changed, got, err)
	}
}

func checkKey(t *testing.T, text []byte) {
	key, err := ParseKey(string(text))
	if err != nil {
		wantNamed(t, err, text)
	} else if len(key) != keySize {
		t.Fatalf("a key of %d bytes", len(key))
	}
}

// checkPages changes bytes of a sound file, each by a place of two bytes, and
// looks through it. What passes is safe for bbolt to look through, too.
func checkPages(t *testing.T, data []byte) {
	content := slices.Clone(smallFile(t))
	for change := range slices.Chunk(data, 4) {
		if len(change) == 4 {
			at := int(change[0])<<8 | int(change[1])
			content[at%len(content)] ^= change[2]
			content[(at+1)%len(content)] ^= change[3]
		}
	}
	path := newPath(t)
	writeFile(t, path, content)
	if _, err := examine(path, keyring{now: testBox(t, testKey())}, len(migrations())); err != nil {
		for _, known := range []error{ErrDamaged, ErrSchemaNewer, ErrKeyWrong, ErrForeign} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Fatalf("examine: %v", err)
	}
}

// smallFile returns a store of the oldest schema, which is in the repository.
func smallFile(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(oldFiles()[0].unpack(t))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
