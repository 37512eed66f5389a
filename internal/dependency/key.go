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

// The first byte of a key tells a readable one from a digest, and one that
// stands for values from one that stands for any.
const (
	keyReadable = 'r'
	keyDigest   = 'd'
	keyAny      = 's'
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

// storeConjs returns the conjunctions with their keys, and beside them the key
// of any values of each scheme that they have, see [anyOf].
func (t *Table) storeConjs() []store.Conj {
	if t.Whole || len(t.Conjs) == 0 {
		return everyRow
	}
	conjs := make([]store.Conj, 0, len(t.Conjs)+1)
	var schemeBuf, keyBuf [256]byte
	var schemesBuf [4]store.Scheme
	schemes := schemesBuf[:0] // those that have their key of any values
	var scheme store.Scheme
	for _, c := range t.Conjs {
		if len(c) == 0 {
			return everyRow // it takes in all the others
		}
		c = c.sorted()
		// The conjunctions of an IN list have one scheme: it is made once.
		if b := c.appendScheme(schemeBuf[:0]); string(b) != string(scheme) {
			scheme = store.Scheme(b)
			if !slices.Contains(schemes, scheme) {
				schemes = append(schemes, scheme)
				conjs = append(conjs, anyOf(scheme))
			}
		}
		conjs = append(conjs, store.Conj{Scheme: scheme, Key: string(finishKey(c.appendKey(keyBuf[:0], scheme)))})
	}
	return conjs
}

// anyOf is the key that stands for any values of a scheme. A program that drops
// the results of rows, and does not tell all values of them, names it where the
// scheme has a column that it did not tell.
//
// Each result with a conjunction of the scheme depends on it, beside its
// conjunctions, so naming it drops them all. No row image matches it, for an
// image has a value in each column: it costs writers nothing. To the protocol
// it is one more stamp under one more key of a registered scheme. A stamp that
// is added to a snapshot can only make an entry invalid sooner, or keep a result
// from being stored; so whatever held without it holds with it. And what is
// named by it is dropped as anything else is: the entries leased before the bump
// hold the old stamp, those leased after it were read after it. A scheme that
// is registered in between gives the registry another version, under which the
// bump is refused and the keys are worked out again.
//
// The key equals no other: its first byte differs from that of a key with
// values, also in what a digest is made of.
func anyOf(scheme store.Scheme) store.Conj {
	var buf [128]byte
	return store.Conj{Scheme: scheme, Key: string(finishKey(appendAnyKey(buf[:0], scheme))), Shared: true}
}

func appendAnyKey(b []byte, scheme store.Scheme) []byte {
	return append(append(b, keyAny), scheme...)
}

// AnyKey returns the key that stands for any values of a scheme, as [Set.Deps]
// has it beside the conjunctions.
func AnyKey(scheme store.Scheme) string { return anyOf(scheme).Key }

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
