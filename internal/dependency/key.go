package dependency

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/store"
)

// maxKey is the length in bytes above which a key is replaced by its digest,
// so that long values do not make long keys.
const maxKey = 64

// The first byte of a key tells a readable one from a digest.
const (
	keyReadable = 'r'
	keyDigest   = 'd'
)

// everyRow is the conjunction that every image matches: no columns, no values.
var everyRow = []store.Conj{Conj(nil).Store()}

// Compare orders terms by column and form. Terms of one column and form are
// equal to it whatever their values.
func (t *Term) Compare(u *Term) int {
	if t.Column != u.Column {
		if n := strings.Compare(t.Column.Folded, u.Column.Folded); n != 0 {
			return n
		}
	}
	return int(t.Form) - int(u.Form)
}

// sorted returns the terms in the order that a scheme lists them.
func (c Conj) sorted() Conj {
	if slices.IsSortedFunc(c, func(a, b Term) int { return a.Compare(&b) }) {
		return c
	}
	c = slices.Clone(c)
	slices.SortStableFunc(c, func(a, b Term) int { return a.Compare(&b) })
	return c
}

// Store returns the conjunction as stores know it.
func (c Conj) Store() store.Conj {
	c = c.sorted()
	var buf [256]byte
	scheme := store.Scheme(c.appendScheme(buf[:0]))
	return store.Conj{Scheme: scheme, Key: string(finishKey(c.appendKey(buf[:0], scheme)))}
}

// Deps returns the set as stores know it. A table that is depended on as a
// whole has the conjunction of the empty scheme.
func (s Set) Deps() []store.TableDep {
	deps := make([]store.TableDep, len(s))
	for i := range s {
		deps[i] = store.TableDep{Table: s[i].Table.Key, Conjs: s[i].storeConjs()}
	}
	return deps
}

func (t *Table) storeConjs() []store.Conj {
	if t.Whole || len(t.Conjs) == 0 {
		return everyRow
	}
	conjs := make([]store.Conj, 0, len(t.Conjs))
	var schemeBuf, keyBuf [256]byte
	var scheme store.Scheme
	for _, c := range t.Conjs {
		if len(c) == 0 {
			return everyRow // it takes in all the others
		}
		c = c.sorted()
		// The conjunctions of an IN list have one scheme: it is made once.
		if b := c.appendScheme(schemeBuf[:0]); string(b) != string(scheme) {
			scheme = store.Scheme(b)
		}
		conjs = append(conjs, store.Conj{Scheme: scheme, Key: string(finishKey(c.appendKey(keyBuf[:0], scheme)))})
	}
	return conjs
}

// appendKey appends the key of sorted terms, before finishKey.
func (c Conj) appendKey(b []byte, scheme store.Scheme) []byte {
	b = appendKeyHead(b, scheme)
	for i := range c {
		b = appendKeyValue(b, c[i].Null, c[i].Value)
	}
	return b
}

// appendKeyHead starts a key with its scheme. Scheme and values carry their
// length, so that two lists of them never have one text.
func appendKeyHead(b []byte, scheme store.Scheme) []byte {
	b = append(b, keyReadable)
	b = strconv.AppendInt(b, int64(len(scheme)), 10)
	b = append(b, ':')
	return append(b, scheme...)
}

// appendKeyValue appends a value. NULL has a mark of its own, so it equals no
// text.
func appendKeyValue(b []byte, null bool, value string) []byte {
	if null {
		return append(b, ";n"...)
	}
	b = append(b, ";v"...)
	b = strconv.AppendInt(b, int64(len(value)), 10)
	b = append(b, ':')
	return append(b, value...)
}

// finishKey replaces a long key by its digest, in place.
func finishKey(b []byte) []byte {
	if len(b) <= maxKey {
		return b
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.AppendEncode(append(b[:0], keyDigest), sum[:])
}
