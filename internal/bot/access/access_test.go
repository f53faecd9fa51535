package access_test

import (
	"testing"

	"kitebot/internal/bot/access"
)

func TestMayUse(t *testing.T) {
	for _, tt := range []struct {
		admin, listed bool
		standing      access.Standing
		want          bool
	}{
		{false, false, access.Unlisted, false},
		{false, false, access.Waiting, false},
		{false, false, access.Approved, true},
		{false, false, access.Blocked, false},
		{false, true, access.Unlisted, true},
		{false, true, access.Waiting, true},
		{false, true, access.Approved, true},
		{false, true, access.Blocked, false},
		{true, false, access.Unlisted, true},
		{true, false, access.Waiting, true},
		{true, false, access.Approved, true},
		{true, false, access.Blocked, true},
		{true, true, access.Unlisted, true},
		{true, true, access.Waiting, true},
		{true, true, access.Approved, true},
		{true, true, access.Blocked, true},
	} {
		if got := access.MayUse(tt.admin, tt.listed, tt.standing); got != tt.want {
			t.Errorf("admin %v, listed %v, standing %d: %v, want %v", tt.admin, tt.listed, tt.standing, got, tt.want)
		}
	}
}
