package engine

import (
	"crypto/sha256"
	"encoding/base64"
)

// Identity stands for what computes a result.
type Identity struct {
	digest [32]byte
	table  string // what the store calls it
}

// NewIdentity returns the identity that parts make. It is another one for other parts.
func NewIdentity(parts ...string) *Identity {
	b := appendString(nil, "cacheops computed 1")
	for _, p := range parts {
		b = appendString(b, p)
	}
	id := &Identity{digest: sha256.Sum256(b)}
	id.table = base64.RawURLEncoding.EncodeToString(id.digest[:])
	return id
}
