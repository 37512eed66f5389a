package sqlcache_test

import (
	"database/sql"
	"database/sql/driver"
	"strings"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// readPrograms read to the end, in part, and into a single row.
var readPrograms = []program{
	{name: "typed rows", hits: true, run: func(s *session) { s.query(selectTyped) }},
	{name: "changing types", hits: true, run: func(s *session) { s.query(selectDynamic) }},
	{name: "reused bytes", hits: true, run: func(s *session) { s.query(selectReuse) }},
	{name: "no rows", hits: true, run: func(s *session) { s.query(selectEmpty) }},
	{name: "no columns", hits: true, run: func(s *session) { s.query(selectNothing) }},
	{name: "another result set", run: func(s *session) { s.query(selectSets) }},
	{name: "an uncacheable read", run: func(s *session) { s.query(selectVar); s.query(selectVar) }},
	{name: "an odd type", run: func(s *session) { s.query(selectOdd) }},
	{name: "read twice", hits: true, run: func(s *session) { s.query(selectTyped); s.query(selectTyped) }},

	{name: "an error for rows", run: func(s *session) { s.query(selectErr); s.query(noAnswer) }},
	{name: "an error behind rows", run: func(s *session) { s.query(selectRowsErr) }},
	{name: "an error of Close", run: func(s *session) { s.query(selectCloseErr) }},

	{name: "closed early", hits: true, run: func(s *session) {
		for _, text := range []string{selectTyped, selectDynamic, selectReuse} {
			for stop := range 3 {
				s.closedEarly(text, stop)
			}
		}
	}},
	{name: "closed early before trouble", run: func(s *session) {
		for _, text := range []string{selectRowsErr, selectCloseErr, selectSets} {
			for stop := range 3 {
				s.closedEarly(text, stop)
			}
		}
	}},
	{name: "skipping result sets", run: func(s *session) {
		rows, err := s.db.QueryContext(s.ctx, selectSets)
		s.err("query", err)
		if err != nil {
			return
		}
		s.notef("next %v", rows.Next())
		for rows.NextResultSet() {
			s.types(rows)
			s.notef("next %v", rows.Next())
		}
		s.err("rows", rows.Err())
		s.err("close", rows.Close())
	}},
	{name: "a single row", hits: true, run: func(s *session) {
		var id, a any
		s.err("row", s.db.QueryRowContext(s.ctx, selectByID, 1).Scan(&id, &a))
		s.notef("%v %v", id, a)
		s.err("no row", s.db.QueryRowContext(s.ctx, selectNothing).Scan())
	}},
	{name: "a single row that fails", run: func(s *session) {
		var id, a any
		s.err("err", s.db.QueryRowContext(s.ctx, selectErr).Scan(&id, &a))
		s.err("rows err", s.db.QueryRowContext(s.ctx, selectRowsErr).Scan(&id, &a))
		s.err("close err", s.db.QueryRowContext(s.ctx, selectCloseErr).Scan(&id, &a))
		s.notef("%v %v", id, a)
	}},
	{name: "raw bytes", hits: true, run: func(s *session) {
		rows, err := s.db.QueryContext(s.ctx, selectReuse)
		s.err("query", err)
		if err != nil {
			return
		}
		for rows.Next() {
			var x, y sql.RawBytes
			s.err("scan", rows.Scan(&x, &y))
			s.notef("%q nil %v, %q nil %v", x, x == nil, y, y == nil)
		}
		s.err("rows", rows.Err())
	}},
	{name: "columns belong to the program", hits: true, run: func(s *session) {
		rows, err := s.db.QueryContext(s.ctx, selectTyped)
		s.err("query", err)
		if err != nil {
			return
		}
		names, err := rows.Columns()
		s.err("columns", err)
		s.notef("%q", names)
		clear(names)
		s.err("close", rows.Close())
	}},
	{name: "a query inside a loop", run: func(s *session) {
		rows, err := s.db.QueryContext(s.ctx, selectByID, 1)
		s.err("query", err)
		if err != nil {
			return
		}
		for rows.Next() {
			s.row(rows)
			s.query(selectByID, 1)
		}
		s.err("rows", rows.Err())
	}},
	{name: "the driver", run: func(s *session) { s.notef("%T", s.db.Driver()) }},
}

// closedEarly reads some rows and closes the rest.
func (s *session) closedEarly(text string, stop int) {
	rows, err := s.db.QueryContext(s.ctx, text)
	s.err(text, err)
	if err != nil {
		return
	}
	for range stop {
		s.notef("next %v", rows.Next())
		s.types(rows)
		s.row(rows)
	}
	s.err("close", rows.Close())
	s.types(rows)
	s.notef("next %v", rows.Next())
	s.err("rows", rows.Err())
}

// columnPrograms show column types where the value is long, and where the
// driver has many answers.
var columnPrograms = []program{
	{name: "more than an entry may hold", run: func(s *session) {
		long := strings.Repeat("x", 1<<17)
		a := drivertest.Answer{Columns: drivertest.Columns("id", "a"), Dynamic: true}
		for i := range 12 { // 1.5 MiB, and an entry has 1 MiB at most
			a.Rows = append(a.Rows, []driver.Value{int64(i), long}, []driver.Value{nil, []byte("short")})
		}
		s.drv.Answer(selectByID, a)
		rows, err := s.db.QueryContext(s.ctx, selectByID, 1)
		s.err("query", err)
		if err != nil {
			return
		}
		for rows.Next() {
			s.types(rows)
			var id any
			var text string
			s.err("scan", rows.Scan(&id, &text))
			s.notef("%v %d", id, len(text))
		}
		s.err("rows", rows.Err())
	}},
	{name: "a value that only the driver knows", run: func(s *session) {
		s.closedEarly(selectOdd, 1)
		s.closedEarly(selectOdd, 2)
	}},
}
