package faults

import (
	"context"
	"crypto/tls"
	"database/sql"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// fenceTTL is how long what a dead writer may have changed is not cached. It is
// short, so that hits come again while the test looks.
const fenceTTL = 4 * time.Second

// process is what one process of a program has: a store, a cache, and a handle on
// the database that all share.
type process struct {
	db    *sql.DB
	cache *cacheops.Cache
	store *rueidisstore.Store
}

// newProcess makes one of a number, whose Redis is at the URL. Dial may be nil.
func newProcess(t testing.TB, d database, number int, url string, dial dialer) *process {
	t.Helper()
	p := new(process)
	option, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	if option.DialCtxFn = dial; dial != nil {
		option.Dialer.KeepAlive = time.Hour // the client itself notices nothing
	}
	if p.store, err = rueidisstore.New(rueidisstore.Config{Option: &option, Prefix: "faults"}); err != nil {
		t.Fatal(err)
	}
	p.cache, err = cacheops.New(cacheops.Config{
		Store:    p.store,
		Profiles: cacheops.Profiles{"items?": {Ops: cacheops.OpAll, TTL: time.Hour}},
		FenceTTL: fenceTTL,
		Logger:   slog.New(slog.DiscardHandler),
		Hooks: cacheops.Hooks{OnRead: func(ctx context.Context, e cacheops.ReadEvent) {
			if o, ok := ctx.Value(outcomeKey{}).(*outcome); ok {
				o.hit, o.shared, o.reason = e.Hit, e.Shared, e.Reason
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	connector, err := d.connector(number)
	if err != nil {
		t.Fatal(err)
	}
	p.db, err = sqlcache.OpenDB(p.cache, connector, sqlcache.Config{Dialect: d.dialect(), Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{p.db.Close, p.cache.Close, p.store.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// dialer makes connections of the client, as rueidis wants it.
type dialer = func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error)

// outcome is how a read was answered.
type outcome struct {
	hit, shared bool
	reason      string
}

type outcomeKey struct{}
