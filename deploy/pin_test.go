package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pin runs deploy/pin.sh on a copy of the Dockerfile. What the registry says
// comes from a made-up skopeo.
func pin(t *testing.T, folder, registry string, args ...string) (out string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(folder, "deploy", "pin.sh")}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "SAYS="+registry)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// The base image is pinned to what the registry says, and moved by the same
// command; what is no digest is not written.
func TestTheBaseImageIsPinned(t *testing.T) {
	folder := t.TempDir()
	for name, mode := range map[string]os.FileMode{"Dockerfile": 0o644, "pin.sh": 0o755} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.MkdirAll(filepath.Join(folder, "deploy"), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "deploy", name), text, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "skopeo"), []byte("#!/bin/sh\necho \"$SAYS\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	first, second := "sha256:"+strings.Repeat("1a", 32), "sha256:"+strings.Repeat("2b", 32)
	for _, digest := range []string{first, second} {
		if out, err := pin(t, folder, digest); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(folder, "deploy", "Dockerfile"))
		if err != nil || strings.Count(string(text), "ARG GO_DIGEST=@"+digest+"\n") != 1 {
			t.Errorf("%v, the Dockerfile is\n%s", err, text)
		}
		if out, err := pin(t, folder, "", "check"); err != nil || !strings.Contains(out, "is pinned to "+digest) {
			t.Errorf("check: %v, %s", err, out)
		}
	}
	for _, registry := range []string{"", "latest", "sha256:12", "manifest unknown"} {
		if out, err := pin(t, folder, registry); err == nil {
			t.Errorf("the registry says %q, and %s", registry, out)
		}
	}
	if out, err := pin(t, folder, "", "check"); err != nil || !strings.Contains(out, second) {
		t.Errorf("after refusals: %v, %s", err, out)
	}
}
