package deploy_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// node is what a path such as "spec.containers.0.name" leads to in a YAML file; nil where it leads nowhere.
func node(t *testing.T, file, path string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := parsed(t, file, string(text))
	for key := range strings.SplitSeq(path, ".") {
		switch in := n.(type) {
		case map[string]any:
			n = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				return nil
			}
			n = in[i]
		default:
			return nil
		}
	}
	return n
}

// parsed reads one YAML document. A key that is there twice fails the test.
func parsed(t *testing.T, name, text string) any {
	t.Helper()
	var n any
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// keys are the keys of a mapping, sorted.
func keys(n any) []string {
	m, _ := n.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// expect fails the test where a file has another value at a path than the YAML text says; null means that the key is absent.
func expect(t *testing.T, file, prefix string, values map[string]string) {
	t.Helper()
	for path, want := range values {
		if diff := cmp.Diff(parsed(t, path, want), node(t, file, prefix+path)); diff != "" {
			t.Errorf("%s: %s%s (-want +got):\n%s", file, prefix, path, diff)
		}
	}
}

// noSecrets fails the test for a setting that holds a secret rather than the name of a file with one.
func noSecrets(t *testing.T, file string, settings ...string) {
	t.Helper()
	for _, name := range settings {
		if !strings.HasSuffix(name, "_FILE") && (strings.Contains(name, "TOKEN") || strings.Contains(name, "KEY") || strings.Contains(name, "SECRET")) {
			t.Errorf("%s: %s is a secret in the environment", file, name)
		}
	}
}

// Compose runs one bot without privileges, on a root that is read-only, within 64 MB of memory that is never swapped, and publishes no port.
func TestCompose(t *testing.T) {
	const file = "compose.yaml"
	expect(t, file, "services.bot.", map[string]string{
		"read_only": "true", "user": `"65532:65532"`, "privileged": "null", "ports": "null", "network_mode": "null",
		"cap_drop": "[ALL]", "cap_add": "null", "security_opt": `["no-new-privileges:true"]`,
		"mem_limit": "64m", "memswap_limit": "64m", "pids_limit": "128", "ulimits": "{core: 0}",
		"restart": "unless-stopped", "stop_grace_period": "15s", "volumes": `["data:/data"]`,
		"logging": `{driver: json-file, options: {max-size: 10m, max-file: "3"}}`, "build.dockerfile": "deploy/Dockerfile",
	})
	if got := keys(node(t, file, "services")); !slices.Equal(got, []string{"bot"}) {
		t.Errorf("the services are %q, want the bot alone", got)
	}
	noSecrets(t, file, keys(node(t, file, "services.bot.environment"))...)
	composeSecrets(t, file, keys(node(t, file, "secrets")))
}

// What is put on top of compose.yaml adds settings and loopback ports, and takes nothing back.
func TestComposeOverlays(t *testing.T) {
	files, err := filepath.Glob("compose.*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no overlays: %v", err)
	}
	for _, file := range files {
		allowed := []string{"environment", "ports", "secrets"}
		if file == "compose.try.yaml" { // the simulators listen on the machine itself
			allowed = append(allowed, "network_mode")
		}
		for _, key := range keys(node(t, file, "services.bot")) {
			if !slices.Contains(allowed, key) {
				t.Errorf("%s changes %s", file, key)
			}
		}
		ports, _ := node(t, file, "services.bot.ports").([]any)
		for _, port := range ports {
			if p, ok := port.(string); !ok || !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s publishes port %v beyond loopback", file, port)
			}
		}
		noSecrets(t, file, keys(node(t, file, "services.bot.environment"))...)
		composeSecrets(t, file, keys(node(t, file, "secrets")))
	}
}

// composeSecrets: each secret comes from a file and is given to the bot, and each NAME_FILE is one of them.
func composeSecrets(t *testing.T, file string, names []string) {
	t.Helper()
	given, _ := node(t, file, "services.bot.secrets").([]any)
	for _, name := range names {
		if node(t, file, "secrets."+name+".file") != "./secrets/"+name || !slices.Contains(given, any(name)) {
			t.Errorf("%s: secret %s is not a file in secrets/, or not given to the bot", file, name)
		}
	}
	if len(given) != len(names) {
		t.Errorf("%s: the bot is given the secrets %v, and %v are declared", file, given, names)
	}
	for _, setting := range keys(node(t, file, "services.bot.environment")) {
		if value, _ := node(t, file, "services.bot.environment."+setting).(string); strings.HasSuffix(setting, "_FILE") && !slices.Contains(names, path.Base(value)) {
			t.Errorf("%s: %s is %s, which is no secret of the file", file, setting, value)
		}
	}
}

// pod is what each pod keeps to: the "restricted" profile of Kubernetes, a read-only root, and the memory that the image is tried with.
var pod = map[string]string{
	"automountServiceAccountToken": "false", "hostNetwork": "null", "hostPID": "null", "hostIPC": "null",
	"initContainers": "null", "containers.1": "null",
	"securityContext.runAsNonRoot": "true", "securityContext.runAsUser": "65532", "securityContext.runAsGroup": "65532",
	"securityContext.fsGroup": "65532", "securityContext.seccompProfile": "{type: RuntimeDefault}",
	"containers.0.securityContext":  "{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}",
	"containers.0.resources.limits": "{memory: 64Mi}",
	"containers.0.volumeMounts":     "[{name: data, mountPath: /data}, {name: secrets, mountPath: /run/secrets/kitebot, readOnly: true}]",
	"volumes.0":                     "{name: data, persistentVolumeClaim: {claimName: kitebot}}",
	"volumes.1.name":                "secrets", "volumes.1.secret.defaultMode": "0440", "volumes.2": "null",
}

// Kubernetes runs one replica and never two, without privileges. The pod finds its settings, secrets and volume by their names.
func TestKubernetes(t *testing.T) {
	const (
		base       = "kubernetes/bot/"
		deployment = base + "deployment.yaml"
		template   = "spec.template.spec."
	)
	expect(t, deployment, template, pod)
	expect(t, deployment, "", map[string]string{"kind": "Deployment", "spec.replicas": "1", "spec.strategy": "{type: Recreate}"})
	expect(t, deployment, template, map[string]string{
		"terminationGracePeriodSeconds": "15", "volumes.1.secret.secretName": "kitebot",
		"containers.0.envFrom":                "[{configMapRef: {name: kitebot}}]",
		"containers.0.ports":                  "[{name: http, containerPort: 8080}]",
		"containers.0.startupProbe.httpGet":   "{path: /healthz, port: http}",
		"containers.0.livenessProbe.httpGet":  "{path: /healthz, port: http}",
		"containers.0.readinessProbe.httpGet": "{path: /readyz, port: http}",
		"containers.0.env": `[
			{name: TELEGRAM_BOT_TOKEN_FILE, value: /run/secrets/kitebot/telegram_bot_token},
			{name: STORE_KEY_FILE, value: /run/secrets/kitebot/store_key},
			{name: GOMEMLIMIT, value: 48MiB}]`,
	})
	expect(t, base+"kustomization.yaml", "", map[string]string{
		"namespace":          "kitebot",
		"resources":          "[namespace.yaml, deployment.yaml, volume.yaml, service.yaml, networkpolicy.yaml]",
		"labels":             "[{pairs: {app.kubernetes.io/name: kitebot}, includeSelectors: true}]",
		"configMapGenerator": "[{name: kitebot, envs: [settings.env]}]",
		"secretGenerator":    "[{name: kitebot, files: [secrets/telegram_bot_token, secrets/store_key]}]",
	})
	expect(t, base+"namespace.yaml", "", map[string]string{"kind": "Namespace", "metadata.name": "kitebot"})
	expect(t, base+"volume.yaml", "", map[string]string{"kind": "PersistentVolumeClaim", "metadata.name": "kitebot", "spec.accessModes": "[ReadWriteOnce]"})
	expect(t, base+"service.yaml", "", map[string]string{"kind": "Service", "spec.ports": "[{name: http, port: 8080, targetPort: http}]"})
	settings, err := os.ReadFile(base + "settings.env")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(settings)) {
		name, _, _ := strings.Cut(line, "=")
		noSecrets(t, "settings.env", name)
	}
}

// The network policy lets in only what reads the metrics, and lets out only TLS and the name server.
func TestKubernetesNetwork(t *testing.T) {
	expect(t, "kubernetes/bot/networkpolicy.yaml", "", map[string]string{
		"kind": "NetworkPolicy",
		"spec": `{
			podSelector: {matchLabels: {app.kubernetes.io/name: kitebot}},
			policyTypes: [Ingress, Egress],
			ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}], ports: [{protocol: TCP, port: 8080}]}],
			egress: [{ports: [{protocol: TCP, port: 443}]}, {ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}]}`,
	})
}

// The start with two keys adds a file to the secret and its name to the settings, and changes nothing else.
func TestKubernetesRotate(t *testing.T) {
	const file = "kubernetes/rotate/kustomization.yaml"
	expect(t, file, "", map[string]string{
		"namespace": "kitebot", "resources": "[../bot]", "patches.1": "null",
		"secretGenerator": "[{name: kitebot, behavior: merge, files: [secrets/store_key_old]}]",
	})
	patch, _ := node(t, file, "patches.0.patch").(string)
	want := parsed(t, "want", `{apiVersion: apps/v1, kind: Deployment, metadata: {name: kitebot}, spec: {template: {spec: {containers: [
		{name: bot, env: [{name: STORE_KEY_OLD_FILE, value: /run/secrets/kitebot/store_key_old}]}]}}}}`)
	if diff := cmp.Diff(want, parsed(t, file, patch)); diff != "" {
		t.Errorf("the patch (-want +got):\n%s", diff)
	}
}

// The pod that restores a backup is as confined as the bot, and has its volume and key.
func TestKubernetesRestore(t *testing.T) {
	const file = "kubernetes/restore.yaml"
	expect(t, file, "spec.", pod)
	expect(t, file, "", map[string]string{
		"kind": "Pod", "metadata.namespace": "kitebot", "spec.restartPolicy": "Never", "spec.containers.0.args": `[restore, "-"]`,
		"spec.containers.0.env": "[{name: STORE_KEY_FILE, value: /run/secrets/kitebot/store_key}]",
	})
}

// The image is made on a base that is pinned to its digest, holds nothing but the program, and runs it as a user without rights, by no shell.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`ARG GO_DIGEST=@sha256:[0-9a-f]{64}`, `FROM .* golang:\$\{GO_VERSION\}\$\{GO_DIGEST\} AS build`,
		`FROM scratch`, `USER 65532:65532`, `ENTRYPOINT \["/bot"\]`, `HEALTHCHECK .* CMD \["/bot", "healthcheck"\]`,
	} {
		if n := len(regexp.MustCompile(`(?m)^`+line+`$`).FindAll(text, -1)); n != 1 {
			t.Errorf("the Dockerfile has %d lines like %s, want one", n, line)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^(?:ARG|ENV) .*`).FindAllString(string(text), -1) {
		for name := range strings.FieldsSeq(line) {
			name, _, _ = strings.Cut(name, "=")
			noSecrets(t, "Dockerfile", name)
		}
	}
}
