package faults

import (
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
)

// unsaved is what a server is set to that forgets all when it is killed.
var unsaved = redistest.WithSettings("save ''")

// three are the URLs of three processes with one server.
func three(url string) []string { return []string{url, url, url} }

// serverFaults are what a server may do.
var serverFaults = []struct {
	name  string
	fault func(l *load, s *redistest.Server)
}{
	{"paused", func(l *load, s *redistest.Server) {
		s.Pause()
		l.wait(2 * *lasts)
		s.Resume()
	}},
	{"killed and empty", func(l *load, s *redistest.Server) {
		s.Kill()
		l.wait(*lasts)
		s.Restart()
	}},
	{"killed again and again", func(l *load, s *redistest.Server) {
		l.again(200*time.Millisecond, func() {
			s.Kill()
			s.Restart()
		})
	}},
	{"FLUSHALL", func(l *load, s *redistest.Server) {
		l.again(10*time.Millisecond, func() { do(l, s, "FLUSHALL") })
	}},
	{"CLIENT KILL", func(l *load, s *redistest.Server) {
		l.again(20*time.Millisecond, func() { do(l, s, "CLIENT", "KILL", "TYPE", "normal") })
	}},
	{"FLUSHALL and CLIENT KILL", func(l *load, s *redistest.Server) {
		// A fence is lost, and so is the bump.
		l.again(10*time.Millisecond, func() {
			do(l, s, "FLUSHALL")
			do(l, s, "CLIENT", "KILL", "TYPE", "normal")
		})
	}},
	{"SCRIPT FLUSH", func(l *load, s *redistest.Server) {
		l.again(10*time.Millisecond, func() { do(l, s, "SCRIPT", "FLUSH") })
	}},
}

// A server may stop, die, forget and refuse: what is read is never stale, and all is
// as before when it is back.
func TestServer(t *testing.T) {
	t.Parallel()
	for _, test := range serverFaults {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved)
			l := startLoad(t, three(s.URL())...)
			l.under(func() { test.fault(l, s) })
		})
	}
}

// The same with many writers at once in the database.
func TestServerOverPostgres(t *testing.T) {
	t.Parallel()
	for _, test := range some(serverFaults) {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved)
			l := startLoadOn(t, newPostgres(t), usualPadding, nil, three(s.URL())...)
			l.under(func() { test.fault(l, s) })
		})
	}
}

// do runs a command that must work.
func do(l *load, s *redistest.Server, args ...string) string {
	l.t.Helper()
	answer, err := s.Do(args...)
	if err != nil {
		l.t.Errorf("%v: %v", args, err)
	}
	return answer
}

// A server that comes back with the data that it once had has entries and stamps
// that fit each other, and that no writer has dropped since. None is served, neither
// to those who noticed the restart nor to one whose connections were idle.
func TestOldData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		back func(l *load, s *redistest.Server, old []byte)
	}{
		{"restarted", func(_ *load, s *redistest.Server, old []byte) {
			s.Kill()
			s.PutDump(old)
			s.Restart()
		}},
		// No connection ends then.
		{"replicated", func(l *load, s *redistest.Server, old []byte) {
			other := redistest.Start(l.t, unsaved)
			other.Kill()
			host, port, _ := strings.Cut(other.Addr(), ":")
			do(l, s, "REPLICAOF", host, port)
			l.wait(oftenAsked) // before it gets the data, all have noticed who are not idle
			other.PutDump(old)
			other.Restart()
			s.WaitSynced()
			do(l, s, "REPLICAOF", "NO", "ONE")
			other.Kill()
		}},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved)
			l := startLoad(t, three(s.URL())...)
			idle := l.active
			var old []byte
			l.still(func() {
				l.readAll(idle)
				l.readAll(idle) // all is stored
				s.Save()
				old = s.CopyDump()
			})
			l.rewriteAll()
			l.under(func() {
				// With nobody who writes, and without, for a write would drop what is
				// old.
				l.still(func() {
					test.back(l, s, old)
					l.readAll(idle)
				})
				l.wait(*lasts)
				test.back(l, s, old)
				l.readAll(idle)
			})
		})
	}
}

// oftenAsked is several times as long as a connection in use may go without the
// server being asked who it is.
const oftenAsked = 500 * time.Millisecond
