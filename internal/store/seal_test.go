package store

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
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
