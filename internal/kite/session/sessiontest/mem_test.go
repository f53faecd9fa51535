package sessiontest_test

import (
	"testing"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func TestMemStore(t *testing.T) {
	sessiontest.TestStore(t, func(*testing.T) session.Store { return sessiontest.NewMemStore() })
}

func TestMemStoreKeepsNoEmptyRecords(t *testing.T) {
	s := sessiontest.NewMemStore()
	for _, r := range []session.Record{sessiontest.Full(71), sessiontest.Full(72), {Person: 71}} {
		if err := s.Save(r); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Len(); got != 1 {
		t.Errorf("%d records are kept, want 1", got)
	}
}
