package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const (
	memory = 64 << 20 // what the bot may have at most
	grace  = 10 * time.Second
	nobody = "65532"
)

// compose loads a compose file as compose does, and looks at its service.
func compose(ctx context.Context, path string) []string { return composed(ctx, path) }

// composeOverlay loads a file on top of compose.yaml beside it.
func composeOverlay(ctx context.Context, path string) []string {
	return composed(ctx, filepath.Join(filepath.Dir(path), "compose.yaml"), path)
}

func composed(ctx context.Context, files ...string) []string {
	details := types.ConfigDetails{WorkingDir: filepath.Dir(files[0]), Environment: types.Mapping{
		"WEBHOOK_URL": "https://bot.example.org/telegram", "OAUTH_CALLBACK_URL": "https://bot.example.org/kite/callback",
	}}
	for _, f := range files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: f})
	}
	project, err := loader.LoadWithContext(ctx, details)
	if err != nil {
		return []string{err.Error()}
	}
	var p problems
	p.want(len(project.Services) == 1, "it has %d services, want one", len(project.Services))
	for _, s := range project.Services {
		lookAtService(&p, s)
		for _, secret := range s.Secrets {
			p.want(project.Secrets[secret.Source].File != "", "secret %s comes from no file", secret.Source)
		}
	}
	return p
}

func lookAtService(p *problems, s types.ServiceConfig) {
	p.want(s.ReadOnly, "read_only is not set")
	p.want(s.User == nobody+":"+nobody, "user is %q", s.User)
	p.want(slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0 && !s.Privileged, "capabilities are left")
	p.want(slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "no-new-privileges is not set")
	p.want(s.MemLimit > 0 && s.MemLimit <= memory, "mem_limit is %d", s.MemLimit)
	p.want(s.MemSwapLimit == s.MemLimit, "memswap_limit is %d: the bot may be swapped to disk", s.MemSwapLimit)
	p.want(s.PidsLimit > 0, "pids_limit is not set")
	p.want(s.Restart == "unless-stopped" || s.Restart == "always", "restart is %q", s.Restart)
	p.want(s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) >= grace, "stop_grace_period is shorter than %v", grace)
	p.want(s.Logging != nil && s.Logging.Options["max-size"] != "" && s.Logging.Options["max-file"] != "", "the log is not rotated")
	for _, port := range s.Ports {
		p.want(port.HostIP == "127.0.0.1", "port %s is published to everybody", port.Published)
	}
	p.want(slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Type == "volume" && v.Target == "/data" }),
		"/data is no volume")
	for name, value := range s.Environment {
		p.want(!isSecret(name) || value == nil || *value == "", "%s is a secret in the environment", name)
	}
}

// isSecret tells the settings that hold secrets, rather than the names of files
// with them, by their names.
func isSecret(name string) bool {
	return !strings.HasSuffix(name, "_FILE") &&
		(strings.Contains(name, "TOKEN") || strings.Contains(name, "KEY") || strings.Contains(name, "SECRET"))
}
