package rueidisstore

import (
	"fmt"
	"strconv"
	"strings"
)

// KeyKind says what a key in Redis holds. In sets mode KeyWhole and KeyStamp are sets of
// entries.
type KeyKind uint8

// The kinds of key.
const (
	KeyEntry    KeyKind = iota + 1 // a result
	KeyLock                        // who computes a result
	KeyWanted                      // somebody waits for a lock
	KeyGlobal                      // the global epoch of a database
	KeySchema                      // the version of its schema
	KeyEpoch                       // the epoch of a table
	KeyRegistry                    // the schemes of a table
	KeyFences                      // the live fences of a table
	KeyWhole                       // the stamp of queries on all of a table
	KeyStamp                       // the stamp of a conjunction
	KeyMode                        // ModeStamps or ModeSets

	// Of sets mode alone.

	KeyMembers    // the entries of a table, by conjunctions
	KeyOwn        // the entries that depend on no table
	KeySets       // the names of the sets of a database
	KeyConjFences // the fences of a conjunction
)

// KeyKinds are all kinds, in the order in which they are best told.
func KeyKinds() []KeyKind {
	return []KeyKind{
		KeyEntry, KeyStamp, KeyWhole, KeyMembers, KeyOwn, KeySets, KeyEpoch, KeyRegistry, KeyFences, KeyConjFences,
		KeyGlobal, KeySchema, KeyMode, KeyLock, KeyWanted,
	}
}

// String names the kind.
func (k KeyKind) String() string {
	switch k {
	case KeyEntry:
		return "entry"
	case KeyLock:
		return "lock"
	case KeyWanted:
		return "wanted lock"
	case KeyGlobal:
		return "global epoch"
	case KeySchema:
		return "schema version"
	case KeyEpoch:
		return "epoch"
	case KeyRegistry:
		return "registry"
	case KeyFences:
		return "live fences"
	case KeyWhole:
		return "stamp of a table"
	case KeyStamp:
		return "stamp"
	case KeyMode:
		return "mode"
	case KeyMembers:
		return "set of a table"
	case KeyOwn:
		return "set of no table"
	case KeySets:
		return "names of sets"
	case KeyConjFences:
		return "condition's fences"
	default:
		return fmt.Sprintf("kind %d", uint8(k))
	}
}

// KeyInfo is what a key tells of itself, for tools that look at a Redis. It is not
// for writing: the [Store] alone knows in which order keys may change.
type KeyInfo struct {
	Kind KeyKind
	// Database is the name that the store was called with, for the kinds of a database
	// and of a table, but for KeyStamp and KeyConjFences, in which it cannot be read. A Config.Prefix of
	// package cacheops is in it.
	Database string
	// Table is the table's name in the store, for the kinds of a table. What
	// Config.PrefixFunc of package cacheops said stands before it, with a zero byte
	// between.
	Table string
}

// ParseKey tells what a key under a prefix is. It returns false for a key that is none
// of this package's. It knows those of both modes, whichever the prefix is used in.
func ParseKey(prefix, key string) (info KeyInfo, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix+":")
	if !ok {
		return info, false
	}
	tag, rest, ok := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
	if !ok {
		info.Kind = KeyEntry
		return info, (digest(tag, entryChars) || number(tag)) && !strings.HasPrefix(key, prefix+":{")
	}
	if key == prefix+suffixMode {
		info.Kind = KeyMode
		return info, true
	}
	ofDatabase := map[string]KeyKind{suffixGlobal: KeyGlobal, suffixSchema: KeySchema, suffixTables: KeySets, suffixOwn: KeyOwn}
	switch rest {
	case suffixGlobal, suffixSchema, suffixTables, suffixOwn:
		info.Kind = ofDatabase[rest]
		if tag != "%" {
			info.Database, ok = unescape(tag)
		}
	case suffixLock, suffixWanted:
		info.Kind = KeyLock
		if rest == suffixWanted {
			info.Kind = KeyWanted
		}
		return info, digest(tag, entryChars)
	default:
		if conj, fences := strings.CutSuffix(rest, suffixFences); fences && digest(conj, conjChars) {
			info.Kind = KeyConjFences
			return info, digest(tag, tagChars)
		}
		kind, name, named := strings.Cut(rest, ":")
		if !named {
			info.Kind = KeyStamp
			return info, digest(tag, tagChars) && digest(rest, conjChars)
		}
		kinds := map[string]KeyKind{suffixEpoch: KeyEpoch, suffixLive: KeyFences, suffixRegistry: KeyRegistry, suffixWhole: KeyWhole, suffixMembers: KeyMembers}
		database, table, both := strings.Cut(name, ":")
		var okDatabase, okTable bool
		info.Kind = kinds[kind]
		info.Database, okDatabase = unescape(database)
		info.Table, okTable = unescape(table)
		ok = both && okDatabase && okTable && info.Kind != 0
	}
	// The name has one form, and the tag is that of the name.
	return info, ok && info.Key(prefix) == key
}

// Key returns the key of a database or table of that kind, or of the mode, under a
// prefix; "" for the kinds that hold more than names.
func (i KeyInfo) Key(prefix string) string {
	ring := keyring{prefix: prefix}
	switch i.Kind {
	case KeyGlobal:
		return ring.database(i.Database).global
	case KeySchema:
		return ring.database(i.Database).schema
	case KeyEpoch:
		return newTableKeys(prefix, i.Database, i.Table).epoch
	case KeyRegistry:
		return newTableKeys(prefix, i.Database, i.Table).registry
	case KeyFences:
		return newTableKeys(prefix, i.Database, i.Table).live
	case KeyWhole:
		return newTableKeys(prefix, i.Database, i.Table).whole
	case KeyMembers:
		return newTableKeys(prefix, i.Database, i.Table).members
	case KeySets:
		return ring.database(i.Database).tables
	case KeyOwn:
		return ring.database(i.Database).own
	case KeyMode:
		return prefix + suffixMode
	default:
		return ""
	}
}

// digest reports whether a text can be the beginning of a digest.
func digest(s string, chars int) bool {
	return len(s) == chars && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// number reports whether a text is the name of an entry of sets mode.
func number(s string) bool {
	s = strings.TrimSuffix(s, "j")
	n, err := strconv.ParseUint(s, 10, 63)
	return err == nil && strconv.FormatUint(n, 10) == s
}

// unescape undoes escape.
func unescape(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		var c byte
		for _, d := range []byte(s[i+1 : i+3]) {
			switch {
			case d >= '0' && d <= '9':
				c = c<<4 | (d - '0')
			case d >= 'a' && d <= 'f':
				c = c<<4 | (d - 'a' + 10)
			default:
				return "", false
			}
		}
		b = append(b, c)
		i += 2
	}
	return string(b), true
}
