package cacheops_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"github.com/cacheops/cacheops"
)

// The most specific pattern wins: a name over a glob, a long glob over a short
// one.
func ExampleProfiles() {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{
			"users":     {Ops: cacheops.OpGet, TTL: 15 * time.Minute},
			"blog.*":    {Ops: cacheops.OpGet | cacheops.OpFetch},
			"*":         {TTL: time.Hour}, // only when a call asks for it
			"audit_log": {Mode: cacheops.Never},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

// Wrong settings are refused with the field and the fix.
func ExampleNew_error() {
	_, err := cacheops.New(cacheops.Config{MaxImages: -1})
	fmt.Println(err)
	// Output: cacheops: Config.MaxImages is -1: use a positive number, or 0 for the default
}

// After a write that bypassed the library. What is known of the rows is told, as
// they were and as they are: the more is known the less is dropped.
func ExampleDatabase_Invalidate() {
	var cache *cacheops.Cache // from New
	err := cache.Database("app").Invalidate(context.Background(),
		cacheops.Row("posts", cacheops.Values{"id": 34, "category_id": 1}),
		cacheops.Row("posts", cacheops.Values{"id": 34, "category_id": 2}),
		cacheops.Table("tags"),
		cacheops.Pattern("log_*"),
	)
	if err != nil {
		log.Fatal(err)
	}
}

// Of a row that nothing else is known of, the primary key is enough.
func ExampleRow() {
	var cache *cacheops.Cache // from New
	err := cache.Database("app").Invalidate(context.Background(), cacheops.Row("posts", cacheops.Values{"id": 34}))
	if err != nil {
		log.Fatal(err)
	}
}

// A function in the database changes rows that the library cannot see. What it
// changed is invalidated when its transaction commits, and not if it does not.
func ExampleDatabase_InvalidateTx() {
	var (
		cache *cacheops.Cache // from New
		db    *sql.DB         // from package sqlcache
	)
	ctx := context.Background()
	publish := func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := publishWithExtension(ctx, tx, 34); err != nil {
			return err
		}
		if err := cache.Database("app").InvalidateTx(ctx, tx, cacheops.Row("posts", cacheops.Values{"id": 34})); err != nil {
			return err
		}
		return tx.Commit()
	}
	if err := publish(); err != nil {
		log.Fatal(err)
	}
}

func publishWithExtension(context.Context, *sql.Tx, int) error { return nil }

// A counter that may be seen late does not drop the pages that show it.
func ExampleNoInvalidation() {
	var db *sql.DB // from package sqlcache
	ctx := cacheops.NoInvalidation(context.Background())
	if _, err := db.ExecContext(ctx, "UPDATE posts SET views = views + 1 WHERE id = ?", 34); err != nil {
		log.Fatal(err)
	}
}

// An import saves row by row, and invalidates once.
func ExamplePostpone() {
	var db *sql.DB // from package sqlcache
	err := cacheops.Postpone(context.Background(), func(ctx context.Context) error {
		for id := range 1000 {
			if _, err := db.ExecContext(ctx, "INSERT INTO posts (id) VALUES (?)", id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}

// OnInvalidate tells what each change dropped, and by which rows.
func ExampleHooks() {
	cache, err := cacheops.New(cacheops.Config{Hooks: cacheops.Hooks{
		OnInvalidate: func(_ context.Context, e cacheops.InvalidateEvent) {
			for _, t := range e.Tables {
				log.Printf("%s of %s: %d keys under %q, by %s", e.Cause, t.Table, t.Keys, t.Schemes, t.Query)
				for _, row := range t.Before {
					log.Print(row.Columns, row.Values)
				}
			}
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

func ExampleDatabase_Explain() {
	var cache *cacheops.Cache // from New
	e, err := cache.Database("app").Explain(context.Background(), "SELECT * FROM posts WHERE id = ?", 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(e)
	if d := e.Dropped; d != nil {
		fmt.Println("last dropped by", d.Statement, "through", d.Through)
	}
}
