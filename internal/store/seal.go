package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealForm is the first byte of everything sealed. It names how a value is
// sealed: this is XChaCha20-Poly1305 under a derived key. It does not name the
// key, since a file has one key for all of it: see [rotate].
const sealForm = 1

// sealer encrypts values and hides keys. Each use has a key of its own, derived
// from the master key, so that no two algorithms ever share one.
type sealer struct {
	values cipher.AEAD
	owners []byte
}

// newSealer derives the keys from a master key of 32 bytes.
func newSealer(master []byte) (*sealer, error) {
	if len(master) != keySize {
		return nil, errKeyForm
	}
	values, err := hkdf.Key(sha256.New, master, nil, "kitebot store: values", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the values: %w", err)
	}
	owners, err := hkdf.Key(sha256.New, master, nil, "kitebot store: owners", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the owners: %w", err)
	}
	aead, err := chacha20poly1305.NewX(values)
	if err != nil {
		return nil, fmt.Errorf("set up the cipher: %w", err)
	}
	return &sealer{values: aead, owners: owners}, nil
}

// seal encrypts a value for one place in the file: form, nonce, ciphertext
// and tag, 41 bytes more than the value.
func (s *sealer) seal(bucket, key, value []byte) []byte {
	head := 1 + s.values.NonceSize()
	sealed := make([]byte, head, head+len(value)+s.values.Overhead())
	sealed[0] = sealForm
	rand.Read(sealed[1:head]) // never fails: it ends the process instead
	return s.values.Seal(sealed, sealed[1:head], value, associatedData(bucket, key))
}

// open decrypts what was sealed for this very place. Anything else, a flipped
// bit or a value moved here from elsewhere, is ErrDamaged.
func (s *sealer) open(bucket, key, sealed []byte) ([]byte, error) {
	head := 1 + s.values.NonceSize()
	if len(sealed) < head+s.values.Overhead() {
		return nil, fmt.Errorf("%w (a sealed value is too short)", ErrDamaged)
	}
	if sealed[0] != sealForm {
		return nil, fmt.Errorf("%w (a value is sealed in form %d, which this version does not know)", ErrDamaged, sealed[0])
	}
	value, err := s.values.Open(nil, sealed[1:head], sealed[head:], associatedData(bucket, key))
	if err != nil {
		return nil, fmt.Errorf("%w (a seal is broken)", ErrDamaged)
	}
	return value, nil
}

// ownerKey names a Kite user in the file without showing who it is.
func (s *sealer) ownerKey(user string) []byte {
	mac := hmac.New(sha256.New, s.owners)
	mac.Write([]byte(user))
	return mac.Sum(nil)
}

// associatedData binds a value to its bucket and key. Bucket names hold no zero byte, so
// two places never look the same.
func associatedData(bucket, key []byte) []byte {
	p := make([]byte, 0, len(bucket)+1+len(key))
	p = append(p, bucket...)
	p = append(p, 0)
	return append(p, key...)
}

const keySize = 32

// errKeyForm never quotes what it refuses.
var errKeyForm = errors.New("STORE_KEY must be 32 bytes in base64, 44 characters, such as `openssl rand -base64 32` prints")

// ParseKey reads a key of 32 bytes from base64, in either alphabet and with or
// without padding. The error says what a key looks like, not what was given.
func ParseKey(text string) ([]byte, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	key, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(key) != keySize {
		return nil, errKeyForm
	}
	return key, nil
}

func keyPath(store string) string { return store + ".key" }

// keyring is what a store may be opened with. Both may be missing.
type keyring struct {
	now *sealer
	old *sealer // of the key before
}

func findKeys(o Options) (keys keyring, err error) {
	key, err := findKey(o)
	if err != nil {
		return keyring{}, err
	}
	if key != nil {
		if keys.now, err = newSealer(key); err != nil {
			return keyring{}, err
		}
	}
	if o.OldKey != nil {
		if keys.old, err = newSealer(o.OldKey); err != nil {
			return keyring{}, fmt.Errorf("the old key: %w", err)
		}
	}
	return keys, nil
}

// findKey returns the configured key or the one in the file next to the store,
// nil when there is neither. An empty file is the trace of a first start that
// was cut short before anything was sealed.
func findKey(o Options) ([]byte, error) {
	if o.Key != nil {
		if len(o.Key) != keySize {
			return nil, errKeyForm
		}
		return o.Key, nil
	}
	path := keyPath(o.Path)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the store (STORE_KEY is not set): %w", err)
	}
	warnIfReadable(path, o.Logger)
	if len(text) == 0 {
		return nil, nil
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w; put the right file back, or set STORE_KEY", path, err)
	}
	return key, nil
}

func warnIfReadable(path string, log *slog.Logger) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("others on this machine can read the key of the store", "action", "set its mode to 0600",
			"file", path, "mode", info.Mode().Perm().String())
	}
}

// makeKey makes a key and keeps it next to the store. The caller holds the lock
// of a store in which nothing is sealed yet. The key is safe on disk when it
// returns, before anything is sealed with it.
func makeKey(store string) ([]byte, error) {
	path := keyPath(store)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the empty key file: %w", err)
		}
	}
	key := make([]byte, keySize)
	rand.Read(key) // never fails: it ends the process instead
	text := base64.StdEncoding.EncodeToString(key) + "\n"
	if err := writeNew(path, []byte(text)); err != nil {
		return nil, fmt.Errorf("keep the new key of the store: %w", err)
	}
	return key, nil
}

// writeNew writes a file that must not exist yet, with mode 0600, and returns
// when it would survive a power cut.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes new and renamed files in a folder survive a power cut.
func SyncFolder(folder string) error {
	d, err := os.Open(folder)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("sync the folder: %w", err)
	}
	return nil
}
