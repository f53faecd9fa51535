package viewtest

import (
	"bytes"
	"embed"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/view"
)

// Sample is a message that a golden test of a view checks, under the name
// of its golden file. The name begins with the command: "holdings_hidden".
type Sample struct {
	Name    string
	Message view.Message
}

// Command is the command that answers with the message, without the slash.
func (s Sample) Command() string {
	command, _, _ := strings.Cut(s.Name, "_")
	return command
}

// maxSampleFile is how many bytes of a document a sample keeps.
const maxSampleFile = 2 << 10

// samples has a file of samples for each command, one JSON value in each line.
//
//go:embed goldens/*.jsonl
var samples embed.FS

// Samples returns all messages of the golden tests of views, by command.
// The demo's gallery shows them.
func Samples() (all []Sample) {
	files, err := samples.ReadDir("goldens")
	for _, f := range files {
		var data []byte
		if data, err = samples.ReadFile("goldens/" + f.Name()); err == nil {
			all = append(all, decodeSamples(data)...)
		}
	}
	if err != nil {
		panic(err) // the files are compiled in
	}
	return all
}

// GoldenMessage checks that Telegram takes a message, and
// compares it with its golden file and with its sample. It writes both instead
// when update is set.
func GoldenMessage(tb testing.TB, update bool, name string, m view.Message) {
	tb.Helper()
	if err := Check(m); err != nil {
		tb.Errorf("%s: %v", name, err)
	}
	text := Dump(m)
	if m.File != nil {
		if m.File.MIME == "text/csv" {
			text += "\n" + strings.ReplaceAll(strings.TrimPrefix(string(m.File.Data), "\ufeff"), "\r\n", "\n")
		}
		start := *m.File
		start.Data = bytes.ToValidUTF8(start.Data[:min(len(start.Data), maxSampleFile)], nil) // no half letter
		m.File = &start
	}
	Golden(tb, update, name, text)
	compareSample(tb, update, Sample{name, m})
}

// compareSample compares a sample with the one that is kept, or keeps it.
func compareSample(tb testing.TB, update bool, s Sample) {
	tb.Helper()
	path := filepath.Join(folder(), s.Command()+".jsonl")
	data, _ := os.ReadFile(path) // none before the first message of a command
	kept := decodeSamples(data)
	at := slices.IndexFunc(kept, func(k Sample) bool { return k.Name == s.Name })
	if !update {
		var want Sample
		if at >= 0 {
			want = kept[at]
		}
		if diff := cmp.Diff(want, s); diff != "" {
			tb.Errorf("%s differs (-want +got); run the test with -update if it should:\n%s", path, diff)
		}
		return
	}
	kept = append(slices.DeleteFunc(kept, func(k Sample) bool {
		_, err := os.Stat(filepath.Join(folder(), k.Name+".golden"))
		return err != nil || k.Name == s.Name
	}), s)
	slices.SortFunc(kept, func(a, b Sample) int { return strings.Compare(a.Name, b.Name) })
	if err := os.WriteFile(path, encodeSamples(kept), 0o644); err != nil {
		tb.Fatal(err)
	}
}

func decodeSamples(data []byte) (all []Sample) {
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var s Sample
		if err := d.Decode(&s); err != nil {
			panic(err) // encodeSamples wrote it
		}
		all = append(all, s)
	}
	return all
}

func encodeSamples(all []Sample) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, s := range all {
		if err := e.Encode(s); err != nil {
			panic(err) // a message has texts, numbers and bytes only
		}
	}
	return b.Bytes()
}
