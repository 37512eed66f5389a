package rueidisstore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// What all versions of sets mode have in common, as in frozen_test.go: where an entry is,
// in which sets it is listed, and by what name. A writer of one version deletes the
// entries of the next one by it. Do not change this test.
func TestFrozenSets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL(), prefixed("p"))
	r := newRaw(t, s)
	one := &store.Query{
		Database: "main", Key: store.Key{0x80, 1, 2, 3, 4, 5, 6, 7, 8}, Decode: decodeBlob,
		Deps: []store.TableDep{{Table: "public.users", Conjs: []store.Conj{{Scheme: "1:id", Key: "r4:1:id;v1:7"}}}},
	}
	whole := &store.Query{Database: "main", Key: store.Key{7: 2}, Decode: decodeBlob, Deps: []store.TableDep{{Table: "public.users"}}}
	none := &store.Query{Database: "main", Key: store.Key{7: 4}, Decode: decodeBlob}
	joined := &store.Query{Database: "main", Key: store.Key{7: 6}, Decode: decodeBlob, Joined: true}
	put(t, s, one, whole, none)
	if err := s.Fill(t.Context(), joined, s.Join(leased(t, s, one)), blob("{}"), 1e9); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string][]string{
		"p:{t7_lDnBz}m:main:public.users": {"3j", "4611827861903540995"}, // of all conjunctions of the table
		"p:{t7_lDnBz}eRjoWYs2rWB":         {"3j", "4611827861903540995"}, // of the conjunction
		"p:{t7_lDnBz}w:main:public.users": {"1"},
		"p:{main}:m":                      {"2"},
	} {
		m := r.do("SMEMBERS", []string{set})
		names, err := m.AsStrSlice()
		slices.Sort(names)
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("%s: %v, error %v, want %v", set, names, err, want)
		}
	}
	m := r.do("ZRANGE", []string{"p:{main}:t"}, "0", "-1")
	if sets, err := m.AsStrSlice(); err != nil || strings.Join(sets, " ") != "p:{main}:m p:{t7_lDnBz}m:main:public.users p:{t7_lDnBz}w:main:public.users" {
		t.Errorf("the sets of main: %v, error %v", sets, err)
	}
	// What another version stored.
	for _, name := range []string{"5", "6j"} {
		r.do("SET", []string{"p:" + name}, strings.Repeat("v", 16)+strings.Repeat("c", 16)+"\x00\x00\x00\x17p:{t7_lDnBz}eRjoWYs2rWB!")
		r.do("SADD", []string{"p:{t7_lDnBz}eRjoWYs2rWB"}, name)
	}
	write(t, s, &store.Change{Database: "main", Tables: []store.TableChange{{Table: "public.users", Keys: []string{"r4:1:id;v1:7"}}}})
	for _, gone := range []string{"p:5", "p:6j", "p:3j", "p:4611827861903540995"} {
		if kind := r.kind(gone); kind != "none" {
			t.Errorf("%s is left after the write: %s", gone, kind)
		}
	}
	if kind := r.kind("p:2"); kind != "string" {
		t.Errorf("what depends on no table is gone: %s", kind)
	}
}
