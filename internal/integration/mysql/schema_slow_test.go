package mysql

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// Each question about the schema takes longer than any call has time.
const (
	slowAnswer = 500 * time.Millisecond
	shortCall  = 300 * time.Millisecond
)

// slowConn has its first answers to questions about the schema come late.
type slowConn struct {
	net.Conn
	asked atomic.Int32
	late  atomic.Bool
	over  chan struct{}
	end   sync.Once
}

func slowSchema(c net.Conn) net.Conn { return &slowConn{Conn: c, over: make(chan struct{})} }

// Write implements net.Conn.
func (c *slowConn) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("information_schema")) && c.asked.Add(1) <= 2 {
		c.late.Store(true)
	}
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.late.Swap(false) {
		timer := time.NewTimer(slowAnswer)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.over:
		}
	}
	return n, err
}

// Close implements net.Conn.
func (c *slowConn) Close() error {
	c.end.Do(func() { close(c.over) })
	return c.Conn.Close()
}

// TestSchemaSlow: where every call has less time than the schema takes to be read, or to
// be compared, that is done all the same, behind their backs.
func TestSchemaSlow(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)")
	db, err := sqlcache.OpenDB(s.cache, connector(t, s.dsn, slowSchema), sqlcache.Config{Dialect: mysql.Dialect, Database: "main", SchemaInterval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	// read returns how many columns there are, 0 where there was too little time.
	read := func() int {
		ctx, cancel := context.WithTimeout(t.Context(), shortCall)
		defer cancel()
		rows, err := db.QueryContext(ctx, "SELECT * FROM t WHERE id = 1")
		if err != nil {
			return 0
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err != nil || strings.Join(names, ",") == "" {
			return 0
		}
		for rows.Next() { // to the end, for what is not read is not stored
		}
		return len(names)
	}
	await := func(what string, is func() bool) {
		t.Helper()
		limit := time.NewTimer(time.Minute)
		defer limit.Stop()
		for !is() {
			select {
			case <-limit.C:
				t.Fatalf("waited in vain for %s; last reason: %v", what, s.lastReason.Load())
			default:
			}
		}
	}
	await("a hit", func() bool {
		before := s.hits.Load()
		read()
		return s.hits.Load() > before
	})
	exec(t, s.bare, "ALTER TABLE t ADD COLUMN w int")
	miss := 1
	await("the change of the schema to be seen", func() bool {
		// A miss looks whether there is one, once the last look is old.
		miss++
		ctx, cancel := context.WithTimeout(t.Context(), shortCall)
		defer cancel()
		_ = db.QueryRowContext(ctx, "SELECT v FROM t WHERE id = ?", miss).Scan(new(int)) // there is no row, or too little time
		return read() == 3
	})
}
