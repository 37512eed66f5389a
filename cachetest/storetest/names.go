package storetest

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/store"
)

// oddNames are texts that a careless way to build keys mixes up.
var oddNames = []string{
	"", "a", "a:b", "b", ":", "a:", "a\x00b", "\x00", "{a}", "}", "{", "a}b{", "%s", "a b", "\r\n", "*", "?", "[a]", "\\", "/", "..", "'", "\"",
	"\xff\xfe", "\u00e4", strings.Repeat("x", 5000), strings.Repeat("x", 5000) + "y", "A", "epoch", "registry", "global", "schema", "lock",
}

var nameTests = []test{
	{"any bytes may be in the key of a conjunction", nil, func(b *bench) {
		var queries []*store.Query
		for i, name := range oddNames {
			queries = append(queries, b.query(fmt.Sprint(i), on("t", store.Conj{Scheme: "s", Key: name})))
		}
		oneByOne(b, queries, func(i int) *store.Change { return b.rows(1, "t", oddNames[i]) })
	}},
	{"any bytes may be in a scheme", nil, func(b *bench) {
		for i, name := range oddNames {
			q := b.query(fmt.Sprint(i), on("t", store.Conj{Scheme: store.Scheme(name), Key: "k" + name}))
			b.put(1, q)
			found := false
			for _, s := range b.registry("t").Schemes {
				found = found || s == store.Scheme(name)
			}
			if !found || len(b.registry("t").Schemes) != i+1 {
				b.Fatalf("the scheme %.20q is not among the %d registered", name, len(b.registry("t").Schemes))
			}
			b.write(b.rows(1, "t", "k"+name))
			b.miss("its row changed", q)
		}
	}},
	{"any bytes may be in a table's name", nil, func(b *bench) {
		var queries []*store.Query
		for i, name := range oddNames {
			queries = append(queries, b.query(fmt.Sprint(i), on(name, conj("a", "1"))))
		}
		oneByOne(b, queries, func(i int) *store.Change { return b.rows(1, oddNames[i], "a=1") })
		oneByOne(b, queries, func(i int) *store.Change {
			return b.change(1, store.TableChange{Table: oddNames[i], Epoch: true})
		})
	}},
	{"any bytes may be in a database's name", nil, func(b *bench) {
		var queries []*store.Query
		for i, name := range oddNames {
			queries = append(queries, &store.Query{
				Database: name, Key: sha256.Sum256([]byte{byte(i)}), Deps: []store.TableDep{on("t", conj("a", "1"))}, Decode: decode,
			})
		}
		oneByOne(b, queries, func(i int) *store.Change { b.db = oddNames[i]; return b.everything(1) })
		oneByOne(b, queries, func(i int) *store.Change { b.db = oddNames[i]; return b.rows(1, "t", "a=1") })
	}},
	{"a name's end is not the next one's beginning", nil, func(b *bench) {
		one := &store.Query{Database: "a", Key: sha256.Sum256([]byte("1")), Deps: []store.TableDep{on("b:c", conj("x", "1"))}, Decode: decode}
		two := &store.Query{Database: "a:b", Key: sha256.Sum256([]byte("2")), Deps: []store.TableDep{on("c", conj("x", "1"))}, Decode: decode}
		b.put(1, one, two)
		b.db = "a"
		b.write(b.change(1, store.TableChange{Table: "b:c", Epoch: true}))
		b.miss("its table changed", one)
		b.hit(1, two)
	}},
}

// oneByOne stores all, and sees that the write of each ends that one alone.
func oneByOne(b *bench, queries []*store.Query, write func(i int) *store.Change) {
	b.Helper()
	b.put(1, queries...)
	for i, q := range queries {
		b.write(write(i))
		b.miss("it changed", q)
		b.hit(1, queries[i+1:]...)
	}
}
