package deploy_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What README.md says of backups and of another key, with its commands: a
// backup is made while the bot runs and restored on a volume that is empty, and
// the store gets another key. The login holds through all of it.
func TestBackupRestoreAndAnotherKey(t *testing.T) {
	name := image(t, "KITEBOT_IMAGE")
	w := newSystem(t, 1)
	p := w.people[0]
	c := w.container(name, "first")
	c.start()
	p.login()
	want := headline(p.ask("/holdings", "₹"))

	var words bytes.Buffer
	backup := exec.CommandContext(t.Context(), "podman", "exec", c.name, "/bot", "backup", "-")
	backup.Stderr = &words
	sealed, err := backup.Output()
	if err != nil || !strings.Contains(words.String(), "examined and whole") {
		t.Fatalf("backup: %v, %s", err, &words)
	}
	c.end()
	c.podman("rm", c.name)
	c.podman("volume", "rm", w.volume)

	restore := exec.CommandContext(t.Context(), "podman",
		slices.Concat([]string{"run", "--rm", "-i"}, w.options("off"), []string{name, "restore", "-"})...)
	restore.Stdin = bytes.NewReader(sealed)
	if out, err := restore.CombinedOutput(); err != nil || !strings.Contains(string(out), "restored to /data/bot.db") {
		t.Fatalf("restore: %v, %s", err, out)
	}
	w.secrets["STORE_KEY_OLD"] = w.secrets["STORE_KEY"]
	w.secrets["STORE_KEY"] = secretFile(t, "YW5vdGhlci1tYWRlLXVwLWtleS1mb3ItdGhlLWNoZWM=")
	both := w.container(name, "both-keys")
	both.start()
	both.end()
	delete(w.secrets, "STORE_KEY_OLD")
	alone := w.container(name, "new-key")
	alone.start()
	if got := headline(p.ask("/holdings", "₹")); got != want {
		t.Errorf("the holdings are %q, were %q", got, want)
	}
	alone.end()
	if n := len(w.kite.LoginLinks()); n != 1 {
		t.Errorf("%d login links were made, want one", n)
	}
	measured(t, "a backup of %d bytes was restored on an empty volume and its key changed: the login held", len(sealed))
}
