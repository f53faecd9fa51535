package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func testBox(t testing.TB, master []byte) *sealer {
	t.Helper()
	box, err := newSealer(master)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealOpensOnlyInItsPlace(t *testing.T) {
	box, other := testBox(t, testKey()), testBox(t, otherKey())
	rapid.Check(t, func(rt *rapid.T) {
		some := rapid.SliceOfN(rapid.Byte(), 0, 40)
		bucket, key, value := some.Draw(rt, "bucket"), some.Draw(rt, "key"), some.Draw(rt, "value")
		sealed := box.seal(bucket, key, value)
		if got, err := box.open(bucket, key, sealed); err != nil || !bytes.Equal(got, value) {
			rt.Fatalf("open: %v, %v", got, err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(rt, "byte")
		changed := bytes.Clone(sealed)
		changed[i] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		_, errs := box.open(bucket, key, changed)
		_, errKey := box.open(bucket, append(key, 1), sealed)
		_, errBucket := box.open(append(bucket, 1), key, sealed)
		_, errCut := box.open(bucket, key, sealed[:i])
		_, errOther := other.open(bucket, key, sealed)
		for _, err := range []error{errs, errKey, errBucket, errCut, errOther} {
			if !errors.Is(err, ErrDamaged) {
				rt.Fatalf("got %v, want ErrDamaged", err)
			}
		}
	})
}

func TestSealNeverRepeatsItself(t *testing.T) {
	box := testBox(t, testKey())
	one, two := box.seal([]byte("b"), []byte("k"), []byte("v")), box.seal([]byte("b"), []byte("k"), []byte("v"))
	if bytes.Equal(one, two) {
		t.Error("the same value was sealed to the same bytes twice")
	}
	if got, want := len(one), 41+len("v"); got != want {
		t.Errorf("a sealed byte takes %d bytes, want %d", got, want)
	}
}

func TestOwnerKeyDependsOnTheMasterKey(t *testing.T) {
	box, other := testBox(t, testKey()), testBox(t, otherKey())
	if !bytes.Equal(box.ownerKey("ZZ0001"), box.ownerKey("ZZ0001")) {
		t.Error("the name of a Kite user changes")
	}
	if bytes.Equal(box.ownerKey("ZZ0001"), box.ownerKey("ZZ0002")) || bytes.Equal(box.ownerKey("ZZ0001"), other.ownerKey("ZZ0001")) {
		t.Error("different users, or different keys, give the same name")
	}
}

func TestParseKey(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xff}, keySize/2) // has both of the letters in which the alphabets differ
	std := base64.StdEncoding.EncodeToString(key)
	for name, text := range map[string]string{
		"standard":      std,
		"with newlines": "\n" + std + "\r\n",
		"not padded":    strings.TrimRight(std, "="),
		"for addresses": base64.URLEncoding.EncodeToString(key),
	} {
		if got, err := ParseKey(text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: got %x, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"empty":        "",
		"31 bytes":     base64.StdEncoding.EncodeToString(key[:31]),
		"33 bytes":     base64.StdEncoding.EncodeToString(append(key, 1)),
		"hex":          strings.Repeat("5a", keySize),
		"a passphrase": "correct horse battery staple",
		"cut inside":   std[:20] + " " + std[20:],
	} {
		_, err := ParseKey(text)
		if err == nil || !strings.Contains(err.Error(), "STORE_KEY") {
			t.Errorf("%s: got %v, want an error that names STORE_KEY", name, err)
		}
		if text != "" && err != nil && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
}

// The people and updates of the outsider's file, easy to recognise.
const (
	outsidePerson = 0x71aa_bbcc_dd01
	outsideUpdate = 0x52ee_ff00_1102
)

// outsiderFile fills a store with things to recognise, in use and removed, with
// a damaged record for the log to speak of, and returns its path, what was
// logged, and everything that nobody may read.
func outsiderFile(t *testing.T) (path string, log *logs, secrets []string) {
	t.Helper()
	path, log = newPath(t), new(logs)
	s := mustOpenWith(t, Options{Path: path, Key: testKey(), Logger: log.logger()})
	full := sessiontest.Full(outsidePerson)
	mustSave(t, s, full)
	mustSavePrefs(t, s, outsidePerson, account.Prefs{
		Hide: true, Native: true, NoWarning: true,
		Watch: []string{"NSE:SAMPLECORP"}, Picks: map[string]string{"amberline": "BSE:AMBER"},
	})
	mustSaveAccess(t, s, access.Record{Person: outsidePerson, Standing: access.Approved, Name: "Quillfeather", Since: someTime(), By: 0x71aa_bbcc_ee99})
	u := bot.Update{
		ID: outsideUpdate, Chat: 0x71aa_bbcc_ff88, From: outsidePerson, Name: "Amberline",
		Text: "/quote SAMPLECORP", Data: "menu:sample", Press: "9977553311",
	}
	answered := u
	answered.ID++
	mustTake(t, s, 7, u, answered)
	s.Answered(7, answered.ID)
	mustSave(t, s, sessiontest.LoggedIn(outsidePerson+1, "ZZ0077"))
	mustClose(t, s)
	damageRecord(t, path, outsidePerson+1)
	s = mustOpenWith(t, Options{Path: path, Key: testKey(), Logger: log.logger()})
	if _, err := s.Load(outsidePerson + 1); !errors.Is(err, ErrDamaged) {
		t.Fatal(err)
	} else {
		log.logger().Error("the person's login cannot be read", "err", err)
	}
	mustSave(t, s, session.Record{Person: outsidePerson + 1})
	for i := range int64(30) { // removed again: their pages are free, and not blank
		person := outsidePerson + 100 + i
		mustSave(t, s, sessiontest.LoggedIn(person, fmt.Sprintf("ZZ1%03d", i)))
		mustSavePrefs(t, s, person, account.Prefs{Watch: []string{"NSE:AMBERCORP"}})
		mustForget(t, s, person)
		mustSave(t, s, session.Record{Person: person})
	}
	mustClose(t, s)

	secrets = []string{
		full.Login.User.UserID, full.Login.User.Name, "ZZ1007", "ZZ0077", "sample-", "-4c0d-", "kite.example", "session_id", "api_key",
		"/holdings", "SAMPLECORP", "AMBERCORP", "amberline", "Quillfeather", "Amberline", "/quote", "menu:sample",
		"9977553311", `{"v":1`, `"watch"`, `"hide"`, `"standing"`, "2031-03-04", checkText,
		string(testKey()[:16]), string(number(0x71aa_bbcc_ff88)), string(number(0x71aa_bbcc_ee99)),
	}
	for _, h := range slices.Concat([]session.Credential{full.Login.Credential, full.Links[0].Credential}, full.Replaced, full.Ending) {
		secrets = append(secrets, h.Session.Reveal(), h.MCP.Reveal())
	}
	attempt := full.Links[0].Attempt
	secrets = append(secrets, attempt.State, attempt.Verifier, attempt.Code, attempt.ClientID, attempt.Redirect)
	return path, log, append(secrets, full.Links[0].URL.Reveal())
}

// disguises returns the forms in which a text may be in a file: as it is, in
// base64 wherever it begins in a group of three, in hex of both cases, and in
// hex backwards, as one who hides it without a key would write it.
func disguises(text string) []string {
	inHex := hex.EncodeToString([]byte(text))
	backwards := []byte(inHex)
	slices.Reverse(backwards)
	forms := []string{text, inHex, strings.ToUpper(inHex), string(backwards)}
	for before := range 3 {
		raw := slices.Concat(make([]byte, before), []byte(text))
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := alphabet.EncodeToString(raw)
			// The letters at the ends also hold bits of what stands beside the text.
			forms = append(forms, encoded[(before*8+5)/6:len(raw)*8/6])
		}
	}
	return forms
}

// TestNothingIsInClear reads the file and the log as somebody who has a
// copy of both, but not the key. Removed things are in the file for a while. Four
// letters may be there by chance, now and then: sealed bytes are like dice.
func TestNothingIsInClear(t *testing.T) {
	path, log, secrets := outsiderFile(t)
	for place, content := range map[string]string{"file": string(readFile(t, path)), "log": log.String()} {
		for _, secret := range secrets {
			for _, form := range disguises(secret) {
				if len(form) > 4 && strings.Contains(content, form) {
					t.Errorf("the %s shows %q as %q", place, secret, form)
				}
			}
		}
	}
}

// TestWhatAnOutsiderReads is the other side of it, as the package says: ids of
// people and bots, numbers of updates, and who has something pending since when.
func TestWhatAnOutsiderReads(t *testing.T) {
	path, _, _ := outsiderFile(t)
	content := readFile(t, path)
	for what, n := range map[string]uint64{
		"a person": outsidePerson, "an open update": outsideUpdate, "an answered update": outsideUpdate + 1,
	} {
		if !bytes.Contains(content, number(n)) {
			t.Errorf("the file does not show %s: the package's words are out of date", what)
		}
	}
	s := mustOpen(t, path)
	r := sessiontest.LoggedIn(outsidePerson+2, "ZZ0078")
	r.Login.Warned = false
	mustSave(t, s, r)
	due, _ := r.Due()
	inFile(t, s, func(tx *bolt.Tx) {
		pending := bucket(tx, pendingBucket)
		if at := pending.Get(number(outsidePerson)); at == nil || len(at) != 0 {
			t.Errorf("pending at once: got %x, want an empty value", at)
		}
		if at := pending.Get(number(outsidePerson + 2)); !bytes.Equal(at, number(uint64(due.At.Unix()))) {
			t.Errorf("pending later: got %x, want the second", at)
		}
	})
}

// TestDisguises makes sure that the forms that are looked for would be found.
func TestDisguises(t *testing.T) {
	const secret = "sample-secret"
	for before := range 3 {
		for after := range 3 {
			text := slices.Concat([]byte("xyz")[:before], []byte(secret), []byte("xyz")[:after])
			for _, written := range []string{string(text), hex.EncodeToString(text), base64.StdEncoding.EncodeToString(text)} {
				if !slices.ContainsFunc(disguises(secret), func(form string) bool { return strings.Contains(written, form) }) {
					t.Errorf("%q is not recognised", written)
				}
			}
		}
	}
}
