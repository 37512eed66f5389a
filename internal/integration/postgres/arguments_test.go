package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	pgxv5 "github.com/jackc/pgx/v5"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// binaryValue is what pq asks for a binary form, where its connections are told to.
type binaryValue struct{}

func (binaryValue) BinaryValue() ([]byte, error) { return []byte("binary"), nil }

// What is known of a driver's arguments without asking is what its connections
// say.
func TestArgumentsAreCheckedAsByTheDriver(t *testing.T) {
	t.Parallel()
	seven, text, pointer := 7, "text", (*int)(nil)
	var list []any
	list = append(list, numbers...)
	list = append(list, texts...)
	list = append(list, moments...)
	list = append(list, arrays...)
	list = append(list, nil, &seven, &text, pointer, &pointer, new(any), binaryValue{}, &binaryValue{}, []byte(nil), struct{}{}, map[string]int{}, func() {}, sql.Named("a", 7), sql.Out{},
		uint64(1<<63-1), new(uint64), (*uint64)(nil), (*[]int)(nil), &[]string{`a"\`}, (*[]byte)(nil), []bool(nil), []uint{1 << 63}, complex(1, 2), [3]int{}, []time.Duration{1}, []fmt.Stringer{counted(1)},
		[]*int{&seven, nil}, []complex64{1}, []uint8{1}, []int8{1, -1}, []uint16{1}, []uintptr{1}, []keyedBool{true}, []keyedBytes{{1}}, boolList{true}, intList{7}, textList{"a"}, [][]byte(nil))
	for _, w := range []way{{pgx, ""}, {pq, ""}, {pq, "&binary_parameters=yes"}} {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open(w.driver, server.NewDatabase(t)+w.option)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			name := typeName(db.Driver())
			known := postgres.Dialect.ArgumentChecker(name)
			if known == nil {
				t.Fatalf("nothing is known of %s", name)
			}
			asked := 0
			err = conn.Raw(func(dc any) error {
				for _, v := range list {
					want, wantErr := check(dc.(driver.NamedValueChecker), v)
					got, gotErr := check(known, v)
					if errors.Is(gotErr, dialect.ErrAskConnection) {
						asked++
						continue
					}
					if !same(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
						t.Errorf("%T(%v): %#v, %v; the driver says %#v, %v", v, v, got, gotErr, want, wantErr)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if asked > len(list)/5 {
				t.Errorf("of %d of %d arguments nothing is known", asked, len(list))
			}
		})
	}
}

type (
	keyedBool  bool
	keyedBytes []byte
	boolList   []bool
	intList    []int64
	textList   []string
)

// same compares two values, by their addresses where they cannot be compared.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	return fmt.Sprintf("%T %#v", a, a) == fmt.Sprintf("%T %#v", b, b)
}

func check(checker driver.NamedValueChecker, v any) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	nv := driver.NamedValue{Ordinal: 1, Value: v}
	err = checker.CheckNamedValue(&nv)
	return nv.Value, err
}

func typeName(v any) string {
	t := reflect.TypeOf(v).Elem()
	return "*" + t.PkgPath() + "." + t.Name()
}

// A hit does not wait for a connection: with the only one held by a transaction it
// answers, also where the driver has its own way with arguments.
func TestHitWithoutConnection(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
		exec(t, s.bare, "CREATE TABLE items (id int8 PRIMARY KEY, name text)", "INSERT INTO items VALUES (1, 'one'), (2, 'two')")
		byID, byIDs := "SELECT name FROM items WHERE id = $1", "SELECT name FROM items WHERE id = ANY($1) ORDER BY id"
		conn, err := s.cached.Conn(t.Context()) // a statement is prepared anew on another one
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		stmt, err := conn.PrepareContext(t.Context(), byID)
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		ask := func(ctx context.Context) []any {
			var one, two, three string
			errs := []error{s.cached.QueryRowContext(ctx, byID, 1).Scan(&one), s.cached.QueryRowContext(ctx, byIDs, []int{1, 2}).Scan(&two), stmt.QueryRowContext(ctx, 1).Scan(&three)}
			return []any{one, two, three, errors.Join(errs...)}
		}
		want := ask(t.Context())
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO items VALUES (3, 'three')"); err != nil { // now it has the connection
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if got := ask(ctx); !reflect.DeepEqual(got, want) || want[3] != nil {
			t.Errorf("got %v, want %v", got, want)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
}

// Arguments that are for pgx itself move the others, or make another statement of
// the text. Nothing is stored of such a read, and such a write spoils everything.
func TestArgumentsForTheDriver(t *testing.T) {
	t.Parallel()
	s := newCachedPostgres(t, pgx, nil)
	exec(t, s.bare, "CREATE TABLE items (id int8 PRIMARY KEY, name text)", "INSERT INTO items VALUES (4, 'four'), (5, 'five')")
	query := "SELECT name FROM items WHERE id = $1"
	s.want(t, "five", false, query, 5)
	s.want(t, "five", true, query, 5)
	s.want(t, "five", false, query, pgxv5.QueryExecModeExec, 5)
	s.want(t, "five", false, query, pgxv5.QueryExecModeExec, 5)
	s.want(t, "five", false, "SELECT name FROM items WHERE id = @id", pgxv5.NamedArgs{"id": 5})
	s.want(t, "four", false, "SELECT name FROM items WHERE id = @id", pgxv5.NamedArgs{"id": 4})
	s.want(t, "five", false, query, 5) // rewritten statements may write
	s.want(t, "five", true, query, 5)
	if _, err := s.cached.Exec("UPDATE items SET name = 'V' WHERE id = $1", pgxv5.QueryExecModeExec, 5); err != nil {
		t.Fatal(err)
	}
	s.want(t, "V", false, query, 5)
	if _, err := s.cached.Exec("UPDATE items SET name = @name WHERE id = @id", pgxv5.NamedArgs{"id": 5, "name": "cinq"}); err != nil {
		t.Fatal(err)
	}
	s.want(t, "cinq", false, query, 5)
}
