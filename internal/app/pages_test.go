package app_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/app"
)

var (
	block    = regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```")
	listSet  = regexp.MustCompile(`\b(ALLOWED_USERS|ADMIN_USERS)=(\S*)`)
	anchored = regexp.MustCompile(`(?m)^ +runbook: docs/troubleshooting\.md#(\S+)$`)
)

// Commands of the pages, pasted word by word, let in no one: what stands for a
// number is none, and the start says what to put there.
func TestPastedCommandsLetInNoOne(t *testing.T) {
	for _, page := range []string{"../../README.md", "../../deploy/README.md", "../../docs/troubleshooting.md", "../../deploy/kubernetes/bot/settings.env"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := "```\n" + string(text) + "\n```"
		if strings.HasSuffix(page, ".md") {
			blocks = strings.Join(block.FindAllString(string(text), -1), "\n")
		}
		found := 0
		for line := range strings.Lines(blocks) {
			for _, set := range listSet.FindAllStringSubmatch(line, -1) {
				found++
				if strings.HasPrefix(strings.TrimSpace(line), "#") {
					continue
				}
				name, value := set[1], strings.Trim(set[2], `'"`)
				c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, name: value}, "")
				setting, bad := errors.AsType[*app.SettingError](err)
				if value != "" && (!bad || setting.Name != name || !strings.Contains(err.Error(), "send /start to the bot")) {
					t.Errorf("%s: %s lets in %v, %v", page, set[0], c.Allowed.IDs, err)
				}
			}
		}
		if found == 0 && !strings.Contains(page, "troubleshooting") {
			t.Errorf("%s: no list of people was found: is this test looking in the right place?", page)
		}
	}
}

// Each alert leads to a section of the page for the night, and each section of that
// page can be reached from the table at its top.
func TestEachAlertLeadsToAPage(t *testing.T) {
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(page), -1) {
		section := regexp.MustCompile(`[^a-z -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		sections = append(sections, strings.ReplaceAll(section, " ", "-"))
	}
	for _, alert := range strings.Split(string(rules), "\n      - alert: ")[1:] {
		name, _, _ := strings.Cut(alert, "\n")
		if m := anchored.FindStringSubmatch(alert); m == nil || !slices.Contains(sections, m[1]) {
			t.Errorf("%s leads to no section: %q; there are %q", name, m, sections)
		}
	}
	for _, section := range sections {
		if !strings.Contains(string(page), "](#"+section+") |\n") {
			t.Errorf("the table of the page does not lead to %s", section)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(page), -1) {
		if !slices.Contains(sections, m[1]) {
			t.Errorf("the page leads to %s, and there is no such section", m[1])
		}
	}
}

// Each word that the log has for why there was no answer is explained on that page.
func TestEachCauseIsExplained(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"refused", "reset", "cut", "dns", "tls", "timeout", "no route", "network", "http 403", "http 404", "not mcp", "stream lost"} {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("%s is not explained", word)
		}
	}
}
