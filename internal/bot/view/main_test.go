package view_test

import (
	"testing"

	"kitebot/internal/bot/view/viewtest"
)

func TestMain(m *testing.M) { viewtest.Main(m) }
