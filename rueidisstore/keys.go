package rueidisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"unsafe"

	"github.com/cacheops/cacheops/store"
)

// The last parts of keys. Those of the epochs and of the live fences, and the form
// of what is under them, are the same in all versions of this package: writers of
// one version must reach the readers of another.
const (
	suffixEpoch    = ":e"
	suffixLive     = ":l"
	suffixRegistry = ":r"
	suffixWhole    = ":w"
	suffixGlobal   = ":g"
	suffixSchema   = ":s"
	suffixLock     = ":lock"
)

// conjBytes is how much of a conjunction's digest is in its key. Two that had one
// key would be dropped together: it costs a hit, no truth. Keys take as much memory
// as results, so they are short.
const conjBytes = 9

// entryBytes is how much of an entry's key is in its key in Redis. The whole of it
// is part of the entry's check, so that two that had one key would only displace
// each other.
const entryBytes = 12

// tableKeys are the keys of one table. They share a hash tag, so that a Cluster
// keeps them on one node.
type tableKeys struct {
	base                         string // what they begin with
	registry, epoch, live, whole string
	slot                         uint16
}

// conj returns the key of a conjunction's stamp.
func (t *tableKeys) conj(c string) string {
	var buf [96]byte
	return string(t.appendConj(buf[:0], c))
}

func (t *tableKeys) appendConj(b []byte, c string) []byte {
	sum := sha256.Sum256(unsafe.Slice(unsafe.StringData(c), len(c)))
	b = append(append(b, t.base...), ':')
	return base64.RawURLEncoding.AppendEncode(b, sum[:conjBytes])
}

// databaseKeys are the keys of one database.
type databaseKeys struct {
	global, schema string
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
	b = append(append(b, k.prefix...), ':')
	return base64.RawURLEncoding.AppendEncode(b, key[:entryBytes])
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

// lock returns the key of an entry's lock.
func (k *keyring) lock(key *store.Key) string { return k.entry(key) + suffixLock }

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
	d = &databaseKeys{global: base + suffixGlobal, schema: base + suffixSchema, slot: slotOf(base)}
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
	base := k.prefix + ":{" + escape(database) + ":" + escape(table) + "}"
	t = &tableKeys{
		base: base, registry: base + suffixRegistry, epoch: base + suffixEpoch, live: base + suffixLive, whole: base + suffixWhole,
		slot: slotOf(base),
	}
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
