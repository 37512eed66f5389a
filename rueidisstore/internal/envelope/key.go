package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// KeySize is the length of a key, in bytes.
const KeySize = 32

// MaxKeyID is how long the id of a key may be, in bytes.
const MaxKeyID = 32

// Key is a key and its name.
type Key struct {
	ID     string
	Secret []byte
}

// sealer is a key, ready to be used.
type sealer struct {
	id   string
	aead cipher.AEAD
}

// newSealers makes the keys ready. The error does not tell a secret.
func newSealers(keys []Key) ([]sealer, error) {
	var out []sealer
	for i, k := range keys {
		if len(k.ID) == 0 || len(k.ID) > MaxKeyID {
			return nil, fmt.Errorf("the id of key %d has %d bytes: use 1 to %d", i+1, len(k.ID), MaxKeyID)
		}
		if len(k.Secret) != KeySize {
			return nil, fmt.Errorf("the secret of key %q has %d bytes: use %d random ones", k.ID, len(k.Secret), KeySize)
		}
		if same(k.Secret) {
			return nil, fmt.Errorf("the secret of key %q is one byte over and over: use %d random ones", k.ID, KeySize)
		}
		for _, other := range out {
			if other.id == k.ID {
				return nil, fmt.Errorf("two keys have the id %q: give each its own, and never one that another secret had", k.ID)
			}
		}
		block, err := aes.NewCipher(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", k.ID, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", k.ID, err)
		}
		out = append(out, sealer{id: k.ID, aead: aead})
	}
	return out, nil
}

// same tells that all bytes are one: a secret that was never filled in.
func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
