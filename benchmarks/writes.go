package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// The names of the contenders of the writes.
const (
	bareInsert    = "INSERT, bare *sql.DB"
	uncachedAdd   = "INSERT, cacheops, nobody caches the table"
	bareUpdate    = "UPDATE, bare *sql.DB"
	uncachedAlter = "UPDATE, cacheops, nobody caches the table"
	cachedAlter   = "UPDATE, cacheops, the row is cached"
)

// writeSites are two files of equal content, one for the bare handle and one
// for the cached one.
type writeSites struct{ bare, cached *site }

func openWrites(ctx context.Context, z sizes, wrap func(driver.Connector) driver.Connector) (*writeSites, error) {
	bare, err := openSite(ctx, siteConfig{rows: z.written})
	if err != nil {
		return nil, err
	}
	cached, err := openSite(ctx, siteConfig{rows: z.written, wrap: wrap})
	if err != nil {
		return nil, closeAfter(err, bare.close)
	}
	return &writeSites{bare: bare, cached: cached}, nil
}

func (w *writeSites) close() error { return closing(w.bare.close, w.cached.close)() }

// inserts adds rows to a table that nobody caches.
func inserts(ctx context.Context, db *sql.DB, query string) func(int) error {
	created := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)
	next := int64(0)
	return again(func() error {
		next++
		return one(db.ExecContext(ctx, query, next, next, "A title of a usual length", "And a body, which is longer than the title is", 0.5, true, created))
	})
}

// updates changes rows by their keys.
func updates(ctx context.Context, db *sql.DB, query string, rows int) func(int) error {
	next := 0
	return again(func() error {
		id := scattered(next%rows, rows)
		next++
		return one(db.ExecContext(ctx, query, "Another title, as long as the others", id))
	})
}

// one returns an error unless one row was changed.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	return expect(1, int(n), err)
}

// uncachedWrites writes a table that nobody caches, while another one is.
func uncachedWrites(ctx context.Context, z sizes) (*group, error) {
	w, err := openWrites(ctx, z, nil)
	if err != nil {
		return nil, err
	}
	var p Post
	n, err := readPosts(ctx, w.cached.cached, selectPost, hotKey, &p)
	if err := expect(1, n, err); err != nil {
		return nil, closeAfter(err, w.close)
	}
	return &group{
		about: "INSERT and UPDATE by key, each committed by itself, into a table that nobody caches, while another is cached. No fsync, WAL.",
		contenders: []contender{
			{name: bareInsert, run: inserts(ctx, w.bare.bare, insertNote)},
			{name: uncachedAdd, run: inserts(ctx, w.cached.cached, insertNote)},
			{name: bareUpdate, run: updates(ctx, w.bare.bare, updateNote, z.written)},
			{name: uncachedAlter, run: updates(ctx, w.cached.cached, updateNote, z.written)},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				limited("INSERT into a table that nobody caches: beside the bare one", s.ratio(uncachedAdd, bareInsert), times, 1.3),
				limited("UPDATE of a table that nobody caches: beside the bare one", s.ratio(uncachedAlter, bareUpdate), times, 1.3),
			}, nil
		},
		check: w.cached.noneDropped,
		close: w.close,
	}, nil
}

// noneDropped returns an error if a change dropped a result.
func (s *site) noneDropped() error {
	if s.changes.Load() == 0 || s.keys.Load() > 0 || s.rows.Load() > 0 {
		return fmt.Errorf("%d changes of %d row images, %d conjunctions: the table was cached", s.changes.Load(), s.rows.Load(), s.keys.Load())
	}
	return nil
}

// cachedUpdate changes rows of which a query is cached.
func cachedUpdate(ctx context.Context, z sizes) (*group, error) {
	w, err := openWrites(ctx, z, nil)
	if err != nil {
		return nil, err
	}
	sent, err := updateStatements(ctx, z)
	if err != nil {
		return nil, closeAfter(err, w.close)
	}
	return &group{
		about: "UPDATE by key, committed by itself, of a row that a reader has cached by its key. The reader's part is not timed. No fsync, WAL.",
		contenders: []contender{
			{name: bareUpdate, run: updates(ctx, w.bare.bare, updatePost, z.written)},
			{
				name:    cachedAlter,
				run:     updates(ctx, w.cached.cached, updatePost, z.written),
				most:    z.written,
				prepare: readsAhead(ctx, w.cached, z.written),
			},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				limited("UPDATE by key of a cached row: beside the bare one", s.ratio(cachedAlter, bareUpdate), times, 4),
				limited("UPDATE by key of a cached row: statements beside BEGIN and COMMIT", exactly(float64(len(sent))), count, 4),
			}, nil
		},
		check: w.cached.eachDropped,
		close: w.close,
	}, nil
}

// readsAhead reads through the cache the rows that the next updates will change.
func readsAhead(ctx context.Context, s *site, rows int) func(calls int) error {
	read, query := 0, s.text(selectPost)
	var p Post
	return again(func() error {
		n, err := readPosts(ctx, s.cached, query, scattered(read%rows, rows), &p)
		read++
		return expect(1, n, err)
	})
}

// eachDropped returns an error unless each change dropped one row's result.
func (s *site) eachDropped() error {
	if s.epochs.Load() > 0 || s.keys.Load() != s.changes.Load() || s.changes.Load() == 0 || s.hits.Load() > 0 {
		return fmt.Errorf("%d changes dropped %d conjunctions and %d tables, %d hits: not each dropped the one row's result",
			s.changes.Load(), s.keys.Load(), s.epochs.Load(), s.hits.Load())
	}
	return nil
}

// updateStatements returns what reaches the database for an UPDATE by key of a
// cached row, without BEGIN and COMMIT.
func updateStatements(ctx context.Context, z sizes) (sent []string, err error) {
	var to *statements
	s, err := openSite(ctx, siteConfig{rows: z.written, wrap: func(c driver.Connector) driver.Connector {
		to = newStatements(c)
		return to
	}})
	if err != nil {
		return nil, err
	}
	defer func() { err = closeAfter(err, s.close) }()
	var p Post
	write := updates(ctx, s.cached, updatePost, z.written)
	for i := range 2 { // the first one finds the plan and the connection new
		n, err := readPosts(ctx, s.cached, selectPost, scattered(i, z.written), &p)
		if err := expect(1, n, err); err != nil {
			return nil, err
		}
		to.take()
		if err := write(1); err != nil {
			return nil, err
		}
		sent = to.take()
	}
	begins, commits, rest := 0, 0, sent[:0]
	for _, text := range sent {
		switch word, _, _ := strings.Cut(text, " "); word {
		case "BEGIN":
			begins++
		case "COMMIT":
			commits++
		default:
			rest = append(rest, text)
		}
	}
	if begins != 1 || commits != 1 {
		return nil, fmt.Errorf("%d BEGIN and %d COMMIT instead of one each", begins, commits)
	}
	return rest, nil
}
