package faults

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// A server that refuses writes has commits fail, with the server's word in the error:
// the rows stay as they were, and reads go on.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word       string
		begin, end func(l *load, s *redistest.Server)
	}{
		{
			word: "MISCONF",
			begin: func(l *load, s *redistest.Server) {
				// The file that the data are saved to is a folder, with something in it.
				if err := os.MkdirAll(filepath.Join(s.Dir(), "dump.rdb", "full"), 0o700); err != nil {
					l.t.Fatal(err)
				}
				do(l, s, "CONFIG", "SET", "save", "3600 1000000")
				do(l, s, "BGSAVE")
				l.await("the saving to fail", func() bool { return s.Info("persistence")["rdb_last_bgsave_status"] == "err" })
			},
			end: func(l *load, s *redistest.Server) {
				if err := os.RemoveAll(filepath.Join(s.Dir(), "dump.rdb")); err != nil {
					l.t.Fatal(err)
				}
				do(l, s, "BGSAVE")
				l.await("the saving to work", func() bool { return s.Info("persistence")["rdb_last_bgsave_status"] == "ok" })
			},
		},
		{
			word:  "NOREPLICAS",
			begin: func(l *load, s *redistest.Server) { do(l, s, "CONFIG", "SET", "min-replicas-to-write", "1") },
			end:   func(l *load, s *redistest.Server) { do(l, s, "CONFIG", "SET", "min-replicas-to-write", "0") },
		},
		{
			word: "no master", // READONLY, or its role is told before
			begin: func(l *load, s *redistest.Server) {
				other := redistest.Start(l.t, unsaved)
				host, port, _ := strings.Cut(other.Addr(), ":")
				do(l, s, "REPLICAOF", host, port)
			},
			end: func(l *load, s *redistest.Server) { do(l, s, "REPLICAOF", "NO", "ONE") },
		},
	} {
		t.Run(test.word, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved)
			l := startLoad(t, three(s.URL())...)
			l.under(func() {
				var from tally
				l.still(func() {
					test.begin(l, s)
					from = l.count(during)
				})
				l.wait(*lasts)
				l.await("writes that are refused", func() bool { return l.count(during).failed >= 10 })
				l.still(func() {
					if n := l.count(during).writes - from.writes; n != 0 {
						t.Errorf("%d writes were acknowledged", n)
					}
					test.end(l, s)
				})
			})
			if !l.failedWith(test.word) {
				t.Errorf("no write failed with %s, but with %v", test.word, l.refused)
			}
		})
	}
}

// failedWith reports whether a write failed with a word.
func (l *load) failedWith(word string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text := range l.refused {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
