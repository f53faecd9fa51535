package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

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
	return s.values.Seal(sealed, sealed[1:head], value, place(bucket, key))
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
	value, err := s.values.Open(nil, sealed[1:head], sealed[head:], place(bucket, key))
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

// place is the associated data of a value. Bucket names hold no zero byte, so
// two places never look the same.
func place(bucket, key []byte) []byte {
	p := make([]byte, 0, len(bucket)+1+len(key))
	p = append(p, bucket...)
	p = append(p, 0)
	return append(p, key...)
}
