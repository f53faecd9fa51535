package statement_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain asks rapid for fewer cases than it would try by itself: each of ours
// renders whole accounts. The command line overrides it (-rapid.checks=1000).
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
