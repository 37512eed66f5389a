package rueidisstore

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
)

// Every key that the store makes tells what it is, whatever the names, and no other
// does.
func TestParseKey(t *testing.T) {
	t.Parallel()
	names := []string{"main", "", "app|main", "a:b{c}%", "%", "public.users", "acme\x00main.posts", "sch\u00f6n", "e:main", "AAAAAAAA"}
	for _, prefix := range []string{"cacheops", "a:b"} {
		ring := keyring{prefix: prefix}
		is := func(key string, want KeyInfo) {
			t.Helper()
			if got, ok := ParseKey(prefix, key); !ok || got != want {
				t.Errorf("%q is %+v, %v, want %+v", key, got, ok, want)
			}
			if again := want.Key(prefix); (want.Kind >= KeyGlobal && want.Kind <= KeyWhole || want.Kind >= KeyMode && want.Kind <= KeySets) && again != key {
				t.Errorf("%+v has the key %q, want %q", want, again, key)
			}
			for _, other := range []string{"", "x", key + "x", key[:len(key)-1], strings.Replace(key, ":", ";", 1), "x" + key} {
				if got, ok := ParseKey(prefix, other); ok && got == want {
					t.Errorf("%q is %+v", other, got)
				}
			}
		}
		for _, database := range names {
			d := ring.database(database)
			is(d.global, KeyInfo{Kind: KeyGlobal, Database: database})
			is(d.schema, KeyInfo{Kind: KeySchema, Database: database})
			is(d.tables, KeyInfo{Kind: KeySets, Database: database})
			is(d.own, KeyInfo{Kind: KeyOwn, Database: database})
			for _, table := range names {
				k := ring.table(database, table)
				is(k.epoch, KeyInfo{Kind: KeyEpoch, Database: database, Table: table})
				is(k.registry, KeyInfo{Kind: KeyRegistry, Database: database, Table: table})
				is(k.live, KeyInfo{Kind: KeyFences, Database: database, Table: table})
				is(k.whole, KeyInfo{Kind: KeyWhole, Database: database, Table: table})
				is(k.members, KeyInfo{Kind: KeyMembers, Database: database, Table: table})
				is(k.conj(table), KeyInfo{Kind: KeyStamp})
				is(k.conj(table)+":f", KeyInfo{Kind: KeyConjFences})
			}
		}
		key := &store.Key{1, 2, 3}
		is(ring.entry(key), KeyInfo{Kind: KeyEntry})
		is(ring.lock(key).lock, KeyInfo{Kind: KeyLock})
		is(ring.lock(key).wanted, KeyInfo{Kind: KeyWanted})
		is(prefix+suffixMode, KeyInfo{Kind: KeyMode})
		for _, q := range []*store.Query{{}, {Key: store.Key{255, 255, 255, 255, 255, 255, 255, 255}}, {Key: store.Key{7: 2}}} {
			for _, q.Joined = range []bool{false, true} {
				if got, ok := ParseKey(prefix, prefix+":"+entryName(q)); !ok || got != (KeyInfo{Kind: KeyEntry}) {
					t.Errorf("%q is %+v, %v", entryName(q), got, ok)
				}
			}
		}
	}
	for _, key := range []string{
		"", "cacheops", "cacheops:", "cacheopsy:{main}:g", "cacheops:{%4}:g", "cacheops:{%zz}:g", "cacheops:{%6d}:g", "cacheops:{main:g",
		"cacheops:{AAAAAAAA}e:main:main.posts", "cacheops:unlocked", "session:1",
		"cacheops:007", "cacheops:j", "cacheops:1jj", "cacheops:-1", "cacheops:+1", "cacheops:9223372036854775808", "cacheops:{}mod", "cacheops:{AAAAAAAA}x:f",
	} {
		if got, ok := ParseKey("cacheops", key); ok {
			t.Errorf("%q is %+v", key, got)
		}
	}
	for _, k := range KeyKinds() {
		if strings.HasPrefix(k.String(), "kind ") {
			t.Errorf("%d has no name", k)
		}
	}
}
