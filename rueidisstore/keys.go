package rueidisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"unsafe"

	"github.com/cacheops/cacheops/store"
)

// The parts of keys that tell kinds apart. All keys but those of entries, and the
// form of what is under them, are the same in all versions of this package: writers
// of one version must reach the readers of another. A conjunction's key is made of
// what package store calls its key, which holds the version of its scheme.
const (
	suffixEpoch    = "e"
	suffixLive     = "l"
	suffixRegistry = "r"
	suffixWhole    = "w"
	suffixGlobal   = ":g"
	suffixSchema   = ":s"
	suffixLock     = ":lock"
	suffixWanted   = ":wanted"
	suffixMode     = ":{}mode" // only those of entries have no braces

	// Of sets mode alone.

	suffixMembers = "m"
	suffixTables  = ":t"
	suffixOwn     = ":m"
	suffixFences  = ":f" // after the key of a conjunction, see lease.lua
)

// How long the digests in keys are, in characters of base64. Redis takes memory for
// keys in steps, and up to 30 bytes it is the least: there is one key for each
// entry, and one for each conjunction.
const (
	// tagChars tell tables apart. Two that had one tag would have epochs and all
	// else of their own, since those keys name the table, and perhaps a conjunction
	// in common.
	tagChars = 8
	// conjChars tell the conjunctions of a table apart. Two that had one key would
	// be dropped together: it costs a hit, no truth.
	conjChars = 11
	// entryChars tell entries apart. The whole key is part of an entry's check, so
	// that two that had one would only displace each other.
	entryChars = 20
)

// appendDigest appends so many characters of a digest.
func appendDigest(b []byte, chars int, sum []byte) []byte {
	n := len(b)
	return base64.RawURLEncoding.AppendEncode(b, sum)[:n+chars]
}

// tableKeys are the keys of one table. They share a hash tag, so that a Cluster
// keeps them on one node.
type tableKeys struct {
	base                         string // what they begin with
	registry, epoch, live, whole string
	members                      string // of sets mode
	slot                         uint16
}

// newTableKeys makes the keys of a table.
func newTableKeys(prefix, database, table string) *tableKeys {
	name := escape(database) + ":" + escape(table)
	sum := sha256.Sum256([]byte(name))
	base := string(append(appendDigest([]byte(prefix+":{"), tagChars, sum[:]), '}'))
	name = ":" + name
	return &tableKeys{
		base: base, slot: slotOf(base), registry: base + suffixRegistry + name, epoch: base + suffixEpoch + name,
		live: base + suffixLive + name, whole: base + suffixWhole + name, members: base + suffixMembers + name,
	}
}

// conj returns the key of a conjunction's stamp.
func (t *tableKeys) conj(c string) string {
	var buf [96]byte
	return string(t.appendConj(buf[:0], c))
}

func (t *tableKeys) appendConj(b []byte, c string) []byte {
	sum := sha256.Sum256(unsafe.Slice(unsafe.StringData(c), len(c))) //nolint:gosec // it is only read
	return appendDigest(append(b, t.base...), conjChars, sum[:])
}

// databaseKeys are the keys of one database.
type databaseKeys struct {
	global, schema string
	tables, own    string // of sets mode
	slot           uint16
}

// keyring makes keys, and remembers those of databases and tables.
type keyring struct {
	prefix string

	mu        sync.RWMutex // guards the maps
	databases map[string]*databaseKeys
	tables    map[tableName]*tableKeys
}

// tableName names a table of a database.
type tableName struct{ database, table string }

// maxRemembered bounds the names that are remembered: there can be one for each
// tenant and table. Above it they are forgotten, and made again.
const maxRemembered = 1 << 14

// entry returns the key of an entry.
func (k *keyring) entry(key *store.Key) string {
	var buf [64]byte
	return string(k.appendEntry(buf[:0], key))
}

func (k *keyring) appendEntry(b []byte, key *store.Key) []byte {
	return appendDigest(append(append(b, k.prefix...), ':'), entryChars, key[:])
}

// hit returns the keys that a hit reads: those of the entry, of the global epoch,
// and for each table of its epoch and stamps, in the order of a check.
func (k *keyring) hit(q *store.Query) []string {
	n := 2
	for i := range q.Deps {
		n += 1 + max(1, len(q.Deps[i].Conjs))
	}
	keys := make([]string, 0, n)
	var ends [16]int // where the keys end that are made here
	made, at := ends[:0], 0
	var buf [512]byte
	b := k.appendEntry(buf[:0], &q.Key)
	made = append(made, len(b))
	for i := range q.Deps {
		t := k.table(q.Database, q.Deps[i].Table)
		for j := range q.Deps[i].Conjs {
			b = t.appendConj(b, q.Deps[i].Conjs[j].Key)
			made = append(made, len(b))
		}
	}
	// They lie in one piece of memory.
	all := string(b)
	next := func() string {
		from := 0
		if at > 0 {
			from = made[at-1]
		}
		at++
		return all[from:made[at-1]]
	}
	keys = append(keys, next(), k.database(q.Database).global)
	for i := range q.Deps {
		t := k.table(q.Database, q.Deps[i].Table)
		keys = append(keys, t.epoch)
		if len(q.Deps[i].Conjs) == 0 {
			keys = append(keys, t.whole)
		}
		for range q.Deps[i].Conjs {
			keys = append(keys, next())
		}
	}
	return keys
}

// lockKeys are the keys of the lock of an entry, which share a hash tag.
type lockKeys struct {
	lock   string
	wanted string // there while somebody waits for the lock
	slot   uint16
}

func (k *keyring) lock(key *store.Key) lockKeys {
	base := string(append(appendDigest([]byte(k.prefix+":{"), entryChars, key[:]), '}'))
	return lockKeys{lock: base + suffixLock, wanted: base + suffixWanted, slot: slotOf(base)}
}

// channel is where it is published that a lock was given back.
func (k *keyring) channel() string { return k.prefix + ":unlocked" }

// database returns the keys of a database.
func (k *keyring) database(name string) *databaseKeys {
	k.mu.RLock()
	d := k.databases[name]
	k.mu.RUnlock()
	if d != nil {
		return d
	}
	tag := escape(name)
	if tag == "" {
		tag = "%" // an empty tag is none; no name is written so
	}
	base := k.prefix + ":{" + tag + "}"
	d = &databaseKeys{global: base + suffixGlobal, schema: base + suffixSchema, tables: base + suffixTables, own: base + suffixOwn, slot: slotOf(base)}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.databases == nil || len(k.databases) >= maxRemembered {
		k.databases = make(map[string]*databaseKeys)
	}
	k.databases[name] = d
	return d
}

// table returns the keys of a table.
func (k *keyring) table(database, table string) *tableKeys {
	name := tableName{database, table}
	k.mu.RLock()
	t := k.tables[name]
	k.mu.RUnlock()
	if t != nil {
		return t
	}
	t = newTableKeys(k.prefix, database, table)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tables == nil || len(k.tables) >= maxRemembered {
		k.tables = make(map[tableName]*tableKeys)
	}
	k.tables[name] = t
	return t
}

// escape writes a name so that no two pairs of names give one key, and none ends a
// hash tag: all but letters, digits and a few signs as % and two hexadecimal
// digits.
func escape(name string) string {
	const digits = "0123456789abcdef"
	plain := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '|'
	}
	n := 0
	for i := range len(name) {
		if !plain(name[i]) {
			n++
		}
	}
	if n == 0 {
		return name
	}
	var b strings.Builder
	b.Grow(len(name) + 2*n)
	for i := range len(name) {
		if c := name[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
