package engine

import (
	"crypto/sha256"
	"encoding/base64"
)

// Identity stands for what computes a result. Several may have one table: what is
// forgotten of one is forgotten of all.
type Identity struct {
	digest [32]byte
	table  string // what the store calls it
}

// NewIdentity returns the identity that parts make. It is another one for other parts.
func NewIdentity(parts ...string) *Identity {
	b := appendString(nil, "cacheops computed 2")
	for _, p := range parts {
		b = appendString(b, p)
	}
	id := &Identity{digest: sha256.Sum256(b)}
	id.table = base64.RawURLEncoding.EncodeToString(id.digest[:])
	return id
}

// Of returns an identity of the same table for more parts: another one than that of
// other parts.
func (id *Identity) Of(parts ...string) *Identity {
	other := NewIdentity(append([]string{id.table}, parts...)...)
	return &Identity{digest: other.digest, table: id.table}
}
