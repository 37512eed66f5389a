package faults

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/redistest"
)

// A MariaDB server may end in the middle of transactions, in any way, stand still, and
// throw its clients out.
func TestMySQL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault func(l *load, s *mysqltest.Server)
	}{
		{"shutdown", mysqlDown((*mysqltest.Server).Shutdown)},
		{"killed", mysqlDown((*mysqltest.Server).Kill)},
		{"killed again and again", func(l *load, s *mysqltest.Server) {
			l.again(200*time.Millisecond, func() {
				works(l, s.Kill)
				works(l, s.Restart)
			})
		}},
		{"paused", func(l *load, s *mysqltest.Server) {
			works(l, s.Pause)
			l.wait(2 * *lasts)
			works(l, s.Resume)
		}},
		{"paused again and again", func(l *load, s *mysqltest.Server) {
			l.again(100*time.Millisecond, func() {
				works(l, s.Pause)
				l.wait(l.database.limit() + 100*time.Millisecond) // each call ends in vain
				works(l, s.Resume)
			})
		}},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, s := newFaultyMySQL(t)
			l := startFaulty(t, d)
			l.under(func() { test.fault(l, s) })
		})
	}
}

// mysqlDown is the fault that a server ends, and is started again.
func mysqlDown(end func(*mysqltest.Server) error) func(*load, *mysqltest.Server) {
	return func(l *load, s *mysqltest.Server) {
		works(l, func() error { return end(s) })
		l.wait(*lasts)
		works(l, s.Restart)
	}
}

// A server may throw its clients out, in the middle of their transactions.
func TestMySQLClients(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, kill string
	}{
		{"thrown out", "CONNECTION"},
		{"their statements ended", "QUERY"},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := startFaulty(t, newCutOffMySQL(t))
			l.under(func() { l.again(50*time.Millisecond, func() { throwOutMySQL(l, test.kill) }) })
		})
	}
}

// throwOutMySQL ends the connections of all processes, or what they run.
func throwOutMySQL(l *load, what string) {
	l.t.Helper()
	err := l.retry(func(ctx context.Context) error {
		rows, err := l.bare.QueryContext(ctx, "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // its error comes with rows.Err
		var list []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			list = append(list, id)
		}
		for _, id := range list {
			_, _ = l.bare.ExecContext(ctx, fmt.Sprint("KILL ", what, " ", id)) // it may have ended
		}
		return rows.Err()
	})
	if err != nil {
		l.t.Error(err)
	}
}

// A connection may be cut around a COMMIT: before the server sees it, and behind it
// before the answer comes. Then nobody but the database knows what has become of the
// transaction.
func TestMySQLCommit(t *testing.T) {
	t.Parallel()
	cut := func() error { return errCut }
	for _, test := range []struct {
		name string
		hook func(c *mysqltest.Commits, s *mysqltest.Server)
	}{
		{"cut before", func(c *mysqltest.Commits, _ *mysqltest.Server) { c.Before = cut }},
		{"cut when it was sent", func(c *mysqltest.Commits, _ *mysqltest.Server) { c.Sent = cut }},
		{"cut before the answer", func(c *mysqltest.Commits, _ *mysqltest.Server) { c.Committed = cut }},
		// The contexts end meanwhile.
		{"paused when it was sent", func(c *mysqltest.Commits, s *mysqltest.Server) { c.Sent = s.Pause }},
		{"killed when it was sent", func(c *mysqltest.Commits, s *mysqltest.Server) { c.Sent = s.Kill }},
		{"killed when it has committed", func(c *mysqltest.Commits, s *mysqltest.Server) { c.Committed = s.Kill }},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var d *mysqlDatabase
			var s *mysqltest.Server
			if test.name[:3] == "cut" { // which nobody but its client notices
				d = newCutOffMySQL(t)
			} else {
				d, s = newFaultyMySQL(t)
			}
			// Each that is allowed once takes it away.
			var allowed atomic.Bool
			struck := make(chan struct{}, 1)
			d.dial = func(process int, plain connecting) connecting {
				return func(ctx context.Context, network, addr string) (net.Conn, error) {
					inner, err := plain(ctx, network, addr)
					if err != nil || process == withoutCache {
						return inner, err
					}
					c := &mysqltest.Commits{Conn: inner}
					test.hook(c, s)
					for _, f := range []*func() error{&c.Before, &c.Sent, &c.Committed} {
						if strike := *f; strike != nil {
							*f = func() error {
								if !allowed.CompareAndSwap(true, false) {
									return nil
								}
								err := strike()
								struck <- struct{}{}
								return err
							}
						}
					}
					return c, nil
				}
			}
			l := startFaulty(t, d)
			strikes := 0
			l.under(func() {
				l.again(20*time.Millisecond, func() {
					allowed.Store(true)
					l.await("a COMMIT", func() bool {
						select {
						case <-struck:
							return true
						default:
							return false
						}
					})
					strikes++
					switch {
					case test.name == "paused when it was sent":
						l.wait(l.database.limit() + 100*time.Millisecond)
						works(l, s.Resume)
					case test.name[:6] == "killed":
						works(l, s.Restart)
					}
				})
			})
			t.Logf("figure: %s: %d times", t.Name(), strikes)
		})
	}
}

// The network between programs and MariaDB fails. One process of three is not behind
// it, and goes on.
func TestMySQLNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range some(networkFaults) {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newCutOffMySQL(t)
			p := startProxy(t, d.addr)
			way := p.Listen
			d.dial = func(process int, plain connecting) connecting {
				if process == withoutCache || process == 2 {
					return plain
				}
				return func(ctx context.Context, network, _ string) (net.Conn, error) { return plain(ctx, network, way) }
			}
			l := startFaulty(t, d)
			l.under(func() { test.fault(l, p) })
		})
	}
}

// What a start empties is not cached.
func TestMySQLMemory(t *testing.T) {
	t.Parallel()
	for _, made := range []struct {
		name  string
		texts []string
	}{
		{"so", []string{"CREATE TABLE items9 (id INTEGER PRIMARY KEY) ENGINE = MEMORY"}},
		{"later", []string{"CREATE TABLE items9 (id INTEGER PRIMARY KEY)", "ALTER TABLE items9 ENGINE = MEMORY"}},
	} {
		if !takes(t, made.name) {
			continue
		}
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			d, s := newFaultyMySQL(t)
			bare := fill(t, d, 1)
			p := newProcess(t, d, 0, redistest.Start(t, unsaved).URL(), nil)
			l := &load{t: t, database: d}
			for _, text := range made.texts {
				if _, err := bare.ExecContext(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := p.db.ExecContext(t.Context(), "INSERT INTO items9 VALUES (1), (2), (3), (4), (5)"); err != nil {
				t.Fatal(err)
			}
			rows := func() (n string) {
				var count int
				if err := l.retry(func(ctx context.Context) error {
					return p.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM items9").Scan(&count)
				}); err != nil {
					t.Fatal(err)
				}
				return strconv.Itoa(count)
			}
			for range 3 {
				if n := rows(); n != "5" {
					t.Fatalf("%s rows, want 5", n)
				}
			}
			works(l, s.Kill)
			works(l, s.Restart)
			if n := rows(); n != "0" {
				t.Errorf("%s rows after a crash, and the database has none", n)
			}
		})
	}
}
