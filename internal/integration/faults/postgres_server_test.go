package faults

import (
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/internal/redistest"
)

// A PostgreSQL server may end in the middle of transactions, in any way, stand still,
// and throw its clients out.
func TestPostgres(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault func(l *load, s *pgtest.Server)
	}{
		{"fast shutdown", down((*pgtest.Server).Shutdown)},
		{"immediate shutdown", down((*pgtest.Server).Abort)},
		{"killed", down((*pgtest.Server).Kill)},
		{"killed again and again", func(l *load, s *pgtest.Server) {
			l.again(200*time.Millisecond, func() {
				works(l, s.Kill)
				works(l, s.Restart)
			})
		}},
		// One of its processes dies: it ends all others, and recovers by itself.
		{"a process of it killed", func(l *load, s *pgtest.Server) {
			l.again(500*time.Millisecond, func() {
				var pid int
				err := l.retry(func(ctx context.Context) error {
					return l.bare.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid)
				})
				if err == nil {
					err = syscall.Kill(pid, syscall.SIGKILL)
				}
				if err != nil {
					l.t.Error(err)
				}
			})
		}},
		{"paused", func(l *load, s *pgtest.Server) {
			works(l, s.Pause)
			l.wait(2 * *lasts)
			works(l, s.Resume)
		}},
		{"paused again and again", func(l *load, s *pgtest.Server) {
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
			d, s := newFaulty(t)
			l := startFaulty(t, d)
			l.under(func() { test.fault(l, s) })
		})
	}
}

// A server may throw its clients out, in the middle of their transactions.
func TestPostgresClients(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault func(l *load)
	}{
		{"thrown out", throwOut},
		{"thrown out, and FLUSHALL", func(l *load) {
			throwOut(l)
			do(l, l.redis, "FLUSHALL")
		}},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := startFaulty(t, newCutOff(t))
			l.under(func() { l.again(50*time.Millisecond, func() { test.fault(l) }) })
		})
	}
}

// startFaulty starts three processes with one Redis, to which nothing happens by
// itself.
func startFaulty(t testing.TB, d database) *load {
	t.Helper()
	redis := redistest.Start(t, unsaved)
	l := startLoadOn(t, d, usualPadding, nil, three(redis.URL())...)
	l.redis = redis
	return l
}

// works fails the test where something does not work.
func works(l *load, f func() error) {
	l.t.Helper()
	if err := f(); err != nil {
		l.t.Error(err)
	}
}

// down is the fault that a server ends, and is started again.
func down(end func(*pgtest.Server) error) func(*load, *pgtest.Server) {
	return func(l *load, s *pgtest.Server) {
		works(l, func() error { return end(s) })
		l.wait(*lasts)
		works(l, s.Restart)
	}
}

// throwOut ends the connections of all processes.
func throwOut(l *load) {
	l.t.Helper()
	err := l.retry(func(ctx context.Context) error {
		_, err := l.bare.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
}

// A connection may be cut around a COMMIT: before the server sees it, and behind it
// before the answer comes. Then nobody but the database knows what has become of the
// transaction.
func TestPostgresCommit(t *testing.T) {
	t.Parallel()
	cut := func() error { return errCut }
	for _, test := range []struct {
		name string
		hook func(c *pgtest.Commits, s *pgtest.Server)
	}{
		{"cut before", func(c *pgtest.Commits, _ *pgtest.Server) { c.Before = cut }},
		{"cut when it was sent", func(c *pgtest.Commits, _ *pgtest.Server) { c.Sent = cut }},
		{"cut before the answer", func(c *pgtest.Commits, _ *pgtest.Server) { c.Committed = cut }},
		// The contexts end meanwhile.
		{"paused when it was sent", func(c *pgtest.Commits, s *pgtest.Server) { c.Sent = s.Pause }},
		{"killed when it was sent", func(c *pgtest.Commits, s *pgtest.Server) { c.Sent = s.Kill }},
		{"killed when it has committed", func(c *pgtest.Commits, s *pgtest.Server) { c.Committed = s.Kill }},
	} {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var d *postgresDatabase
			var s *pgtest.Server
			if test.name[:3] == "cut" { // which nobody but its client notices
				d = newCutOff(t)
			} else {
				d, s = newFaulty(t)
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
					c := &pgtest.Commits{Conn: inner}
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

// The network between programs and PostgreSQL fails. One process of three is not
// behind it, and goes on.
func TestPostgresNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range some(networkFaults) {
		if !takes(t, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newCutOff(t)
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

// A standby becomes the primary. It has all that was acknowledged, for the primary
// has waited for it.
func TestPostgresFailover(t *testing.T) {
	t.Parallel()
	d, primary := newFaulty(t)
	standby := primary.StartStandby(t)
	for _, text := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := primary.SQL("postgres", text); err != nil {
			t.Fatal(err)
		}
	}
	p := startProxy(t, primary.Addr())
	way := p.Listen
	d.dial = func(_ int, plain connecting) connecting {
		return func(ctx context.Context, network, _ string) (net.Conn, error) { return plain(ctx, network, way) }
	}
	l := startFaulty(t, d)
	l.under(func() {
		works(l, primary.Kill)
		p.cut()
		l.wait(*lasts)
		works(l, standby.Promote)
		p.server = standby.Addr()
		p.mend()
	})
}

// What a crash empties is not cached.
func TestPostgresUnlogged(t *testing.T) {
	t.Parallel()
	for _, made := range []struct{ name, text string }{
		{"so", "CREATE UNLOGGED TABLE items9 (id INTEGER PRIMARY KEY)"},
		{"later", "CREATE TABLE items9 (id INTEGER PRIMARY KEY); ALTER TABLE items9 SET UNLOGGED"},
	} {
		if !takes(t, made.name) {
			continue
		}
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			d, s := newFaulty(t)
			bare := fill(t, d, 1)
			p := newProcess(t, d, 0, redistest.Start(t, unsaved).URL(), nil)
			l := &load{t: t, database: d}
			if _, err := bare.ExecContext(t.Context(), made.text); err != nil {
				t.Fatal(err)
			}
			if _, err := p.db.ExecContext(t.Context(), "INSERT INTO items9 SELECT generate_series(1, 5)"); err != nil {
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
