package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// mortal is one process's way to a store that others share. A process that dies
// between its commit and the bump says nothing more.
type mortal struct {
	store.Store
	dies atomic.Bool
	// committed tells whether what it dies after has happened.
	committed func() bool
}

func (m *mortal) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if m.dies.Load() {
		return store.Ack{}, fmt.Errorf("dead: %w", store.ErrUnavailable)
	}
	return m.Store.Bump(ctx, c, keep)
}

func (m *mortal) BumpSchema(ctx context.Context, database string) (store.Schema, error) {
	if m.dies.Load() && m.committed() {
		return store.Schema{}, fmt.Errorf("dead: %w", store.ErrUnavailable)
	}
	return m.Store.BumpSchema(ctx, database)
}

// newTrigger has a write of notes write audits.
var newTrigger = []string{
	`CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE audits SET n = n + 1; RETURN NULL; END'`,
	"CREATE TRIGGER audit AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION audit()",
}

const auditRead = "SELECT n FROM audits WHERE id = 1"

// One process makes a trigger that another one, whose plans are older, does not know
// of when it writes. What the trigger writes is dropped all the same, also where
// either process dies between its commit and the bump.
func TestSchemaTriggerOfAnother(t *testing.T) {
	for _, name := range []string{"", "the maker dies", "the writer dies"} {
		for _, inTx := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in a transaction %v", name, inTx), func(t *testing.T) {
				eachDriver(t, func(t *testing.T, driverName string) {
					st, err := memory.New(memory.Config{})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = st.Close() })
					dsn := server.NewDatabase(t)
					process := func() (*cachedPostgres, *mortal) {
						m := &mortal{Store: st}
						return openCachedPostgres(t, driverName, dsn, func(c *cacheops.Config, _ *sqlcache.Config) {
							c.Store, c.FenceTTL = m, time.Second
						}), m
					}
					maker, makerStore := process()
					writer, writerStore := process()
					reader, _ := process()
					exec(t, maker.bare, txTable, txRow, "CREATE TABLE audits (id int PRIMARY KEY, n int NOT NULL)", "INSERT INTO audits VALUES (1, 0)", newTrigger[0])
					reader.want(t, "0", false, auditRead)
					reader.want(t, "old", false, txRead)
					exec(t, writer.cached, "UPDATE notes SET text = 'older' WHERE id = 1") // its plan is made
					reader.want(t, "0", true, auditRead)
					makerStore.committed = func() bool {
						var n int
						err := maker.bare.QueryRow("SELECT count(*) FROM pg_trigger WHERE tgname = 'audit'").Scan(&n)
						return err != nil || n > 0
					}
					makerStore.dies.Store(name == "the maker dies")
					exec(t, maker.cached, newTrigger[1])
					// The reader comes to know the schema, and has the row in its cache again.
					for hit := false; !hit; {
						_, hit = reader.read(t, auditRead)
					}
					writerStore.committed = func() bool { return true }
					writerStore.dies.Store(name == "the writer dies")
					const write = "UPDATE notes SET text = 'older' WHERE id = 1"
					if inTx {
						tx := writer.begin(t, nil)
						run(t, tx, write)
						if err := tx.Commit(); err != nil {
							t.Fatal(err)
						}
					} else {
						exec(t, writer.cached, write)
					}
					for hit := false; !hit; { // the dead one's fence is waited for
						var rows string
						if rows, hit = reader.read(t, auditRead); rows != "1" {
							t.Fatalf("STALE: %q, hit %v", rows, hit)
						}
					}
				})
			})
		}
	}
}

// A change of the schema by another program is noticed by a new connection, and by a
// miss or a write after some time.
func TestSchemaDigest(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, notice := range []string{"a write", "a miss", "a transaction", "a new connection"} {
			s := newNotes(t, driverName, func(_ *cacheops.Config, cfg *sqlcache.Config) {
				if cfg.SchemaInterval = time.Nanosecond; notice == "a new connection" {
					cfg.SchemaInterval = time.Hour
				}
			}, "CREATE TABLE audits (id int PRIMARY KEY, n int NOT NULL)", "INSERT INTO audits VALUES (1, 0)")
			s.read(t, auditRead)
			s.want(t, "0", true, auditRead)
			exec(t, s.bare, newTrigger...)
			switch notice {
			case "a miss":
				s.read(t, "SELECT text FROM notes WHERE id = 7")
			case "a transaction":
				if err := s.begin(t, nil).Rollback(); err != nil {
					t.Fatal(err)
				}
			case "a new connection":
				one, two, three := s.conn(t), s.conn(t), s.conn(t)
				run(t, one, "SELECT 1")
				run(t, two, "SELECT 1")
				run(t, three, "SELECT 1")
			}
			s.read(t, auditRead)
			exec(t, s.cached, txWrite)
			if rows, hit := s.read(t, auditRead); rows != "1" {
				t.Fatalf("STALE: %q, hit %v: %s did not notice", rows, hit, notice)
			}
		}
	})
}
