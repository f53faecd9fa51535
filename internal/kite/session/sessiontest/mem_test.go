package sessiontest_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

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

// TestFullIsFull: a field that is added to Record and not here would be lost by
// a store without any test noticing.
func TestFullIsFull(t *testing.T) {
	var check func(path string, v reflect.Value)
	check = func(path string, v reflect.Value) {
		if v.IsZero() && !strings.HasSuffix(path, ".MCP.bearer") { // never one
			t.Errorf("%s is not set", path)
			return
		}
		switch {
		case v.Kind() == reflect.Pointer:
			check(path, v.Elem())
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				check(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
			for i := range v.NumField() {
				check(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	check("Record", reflect.ValueOf(sessiontest.Full(7)))
}
