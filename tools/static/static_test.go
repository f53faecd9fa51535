package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// Every check is well with the files as they are.
func TestAsItIs(t *testing.T) {
	for _, c := range checks {
		for _, p := range c.look(t.Context(), filepath.Join(root, c.path)) {
			t.Errorf("%s: %s", c.path, p)
		}
	}
}

// Every check notices what somebody could do to the files by mistake.
func TestMistakes(t *testing.T) {
	const base, deployment, policy = "deploy/kubernetes/bot", "deploy/kubernetes/bot/deployment.yaml", "deploy/kubernetes/bot/networkpolicy.yaml"
	for name, test := range map[string]struct {
		check, file, old, new, want string
	}{
		"an unknown instruction": {"deploy/Dockerfile", "", "STOPSIGNAL", "STOPSIGNALS", "unknown instruction"},
		"a shell as command":     {"deploy/Dockerfile", "", `ENTRYPOINT ["/bot"]`, "ENTRYPOINT /bot", "JSONArgsRecommended"},
		"a secret in the image":  {"deploy/Dockerfile", "", "ENV STORE_PATH", "ENV STORE_SECRET=x STORE_PATH", "SecretsUsedInArgOrEnv"},
		"an argument not there":  {"deploy/Dockerfile", "", "ARG TARGETOS TARGETARCH\n", "COPY ${NOWHERE} .\n", "UndefinedVar"},

		"everything in the context": {".dockerignore", "", "*\n!go.mod", "!go.mod", "allow-list"},
		"a folder too many":         {".dockerignore", "", "!cmd", "!cmd\n!docs", "docs/images/chart-light.png would reach"},
		"a folder missing":          {".dockerignore", "", "!internal\n", "", "internal/app/run.go would not reach"},

		"a misspelt key":       {"deploy/compose.yaml", "", "restart:", "restrat:", "restrat"},
		"a root to write to":   {"deploy/compose.yaml", "", "read_only: true", "read_only: false", "read_only"},
		"too much memory":      {"deploy/compose.yaml", "", "mem_limit: 64m", "mem_limit: 640m", "mem_limit"},
		"memory on a disk":     {"deploy/compose.yaml", "", "    memswap_limit: 64m\n", "", "memswap_limit"},
		"a capability":         {"deploy/compose.yaml", "", "cap_drop: [ALL]", "cap_drop: [NET_RAW]", "capabilities"},
		"a log without an end": {"deploy/compose.yaml", "", "        max-size: 10m\n", "", "log"},
		"hardly any grace":     {"deploy/compose.yaml", "", "stop_grace_period: 15s", "stop_grace_period: 5s", "stop_grace_period"},
		"a key in the open":    {"deploy/compose.yaml", "", "STORE_KEY_FILE: /run", "STORE_KEY: /run", "STORE_KEY is a secret"},
		"a port for everybody": {"deploy/compose.webhook.yaml", "", "127.0.0.1:8081:", "8081:", "port 8081 is published"},
		"a secret not there":   {"deploy/compose.rotate.yaml", "", "      - store_key_old", "      - store_key_odd", "store_key_odd"},

		"an unknown field":       {base, deployment, "revisionHistoryLimit", "revisionHistoryLimits", "revisionHistoryLimits"},
		"two replicas":           {base, deployment, "replicas: 1", "replicas: 2", "replica"},
		"two for a moment":       {base, deployment, "type: Recreate", "type: RollingUpdate", "strategy"},
		"root":                   {base, deployment, "runAsUser: 65532", "runAsUser: 0", "user 0"},
		"capabilities of a pod":  {base, deployment, "drop: [ALL]", "add: [NET_ADMIN]", "capabilities"},
		"no limit":               {base, deployment, "limits: {memory: 64Mi}", "limits: {}", "memory limit"},
		"another volume":         {base, deployment, "claimName: kitebot", "claimName: kitebt", "kitebt"},
		"another secret":         {base, deployment, "secretName: kitebot", "secretName: kitebt", "kitebt"},
		"a file not there":       {base, deployment, "kitebot/store_key\n", "kitebot/stor_key\n", "stor_key"},
		"no grace in Kubernetes": {base, deployment, "terminationGracePeriodSeconds: 15", "terminationGracePeriodSeconds: 5", "terminationGracePeriodSeconds"},
		"the wrong question":     {base, deployment, "path: /readyz", "path: /healthz", "readiness"},
		"out to everywhere":      {base, policy, "port: 443", "port: 80", "port 80"},
		"in for everybody":       {base, policy, "    - from:\n        - namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: monitoring\n      ports:", "    - ports:", "let in"},
		"an odd restoring pod":   {"deploy/kubernetes/restore.yaml", "", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "root can be written"},
		"rotating without a key": {"deploy/kubernetes/rotate", "deploy/kubernetes/rotate/kustomization.yaml", "      - secrets/store_key_old", "      - secrets/store_key_odd", "store_key_odd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.CopyFS(filepath.Join(folder, "deploy"), os.DirFS(filepath.Join(root, "deploy"))); err != nil {
				t.Fatal(err)
			}
			if test.file == "" {
				test.file = test.check
			}
			spoil(t, filepath.Join(root, test.file), filepath.Join(folder, test.file), test.old, test.new)
			found := strings.Join(look(t.Context(), folder, test.check), "\n")
			if !strings.Contains(found, test.want) {
				t.Errorf("it says %q, want something about %q", found, test.want)
			}
		})
	}
}

// look runs one check below a folder.
func look(ctx context.Context, folder, path string) []string {
	for _, c := range checks {
		if c.path == path {
			return c.look(ctx, filepath.Join(folder, path))
		}
	}
	return []string{"there is no such check"}
}

// spoil copies a file with one thing changed, which must be in it.
func spoil(t *testing.T, from, to, old, new string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not hold %q any more", from, old)
	}
	if err := os.WriteFile(to, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
