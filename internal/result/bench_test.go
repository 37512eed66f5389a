package result

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"testing"
	"time"
)

// plain hands out prebuilt rows and does nothing else: the least that
// database/sql takes over any driver.
type plain struct {
	columns []string
	rows    [][]driver.Value
	next    int
}

func (p *plain) Columns() []string { return p.columns }
func (p *plain) Close() error      { return nil }

func (p *plain) Next(dest []driver.Value) error {
	if p.next == len(p.rows) {
		return io.EOF
	}
	copy(dest, p.rows[p.next])
	p.next++
	return nil
}

// person is what a program scans a row of eight columns into.
type person struct {
	id, age     int64
	name, email string
	active      bool
	created     time.Time
	score       float64
	note        sql.NullString
}

func people(rows int) *plain {
	p := &plain{columns: []string{"id", "age", "name", "email", "active", "created", "score", "note"}}
	for i := range rows {
		p.rows = append(p.rows, []driver.Value{
			int64(1000 + i), int64(300 + i), fmt.Sprintf("name %d", i), fmt.Sprintf("user%d@example.com", i),
			i%2 == 0, time.Unix(1_700_000_000+int64(i), 0).UTC(), float64(i) + 0.5, nil,
		})
	}
	return p
}

// scanAll reads people as a program does.
func scanAll(ctx context.Context, db *sql.DB) (n int, err error) {
	rows, err := db.QueryContext(ctx, "q")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var p person
		if err := rows.Scan(&p.id, &p.age, &p.name, &p.email, &p.active, &p.created, &p.score, &p.note); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// handedOut returns a DB over a driver that only hands out rows, and one over a
// driver that hands out a result.
func handedOut(rows int) (bare, result *sql.DB) {
	prebuilt := people(rows)
	bare = sql.OpenDB(source{func() driver.Rows { return &plain{columns: prebuilt.columns, rows: prebuilt.rows} }})
	r, _ := Record(people(rows), Limits{})
	return bare, sql.OpenDB(source{func() driver.Rows { return r.Rows() }})
}

// TestHitAllocatesAsTheBareDriver shows that a hit costs no allocation more than
// a driver that does nothing.
func TestHitAllocatesAsTheBareDriver(t *testing.T) { // not parallel: it measures
	slack := 0.0
	if raceDetector {
		slack = 2
	}
	for _, rows := range []int{0, 1, 50} {
		bare, result := handedOut(rows)
		// A context that can end would cost a goroutine, which allocates as it
		// pleases.
		count := func(db *sql.DB) float64 {
			return testing.AllocsPerRun(100, func() {
				if n, err := scanAll(context.Background(), db); err != nil || n != rows {
					t.Fatal(n, err)
				}
			})
		}
		if want, got := count(bare), count(result); got > want+slack || got < want-slack {
			t.Errorf("%d rows: %v allocations, the bare driver has %v", rows, got, want)
		}
		if err := bare.Close(); err != nil {
			t.Error(err)
		}
		if err := result.Close(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for _, rows := range []int{1, 50} {
		bare, result := handedOut(rows)
		for _, of := range []struct {
			name string
			db   *sql.DB
		}{{"bare", bare}, {"result", result}} {
			b.Run(fmt.Sprintf("rows=%d/of=%s", rows, of.name), func(b *testing.B) {
				b.ReportAllocs()
				ctx := context.Background()
				for b.Loop() {
					if n, err := scanAll(ctx, of.db); err != nil || n != rows {
						b.Fatal(n, err)
					}
				}
			})
			if err := of.db.Close(); err != nil {
				b.Error(err)
			}
		}
	}
}

// BenchmarkBytes shows what copying byte slices costs.
func BenchmarkBytes(b *testing.B) {
	for _, size := range []int{20, 1000} {
		v := make([]byte, size)
		r, _ := Record(&fresh{rows: 50, columns: 8, value: func(int, int) driver.Value { return v }}, Limits{})
		dest := make([]driver.Value, 8)
		for _, copied := range []bool{true, false} {
			r := *r
			r.hasBytes = copied
			b.Run(fmt.Sprintf("size=%d/copied=%v", size, copied), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					rows := r.Rows()
					for rows.Next(dest) == nil {
					}
				}
			})
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, rows := range []int{1, 50} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			p := people(rows)
			b.ReportAllocs()
			for b.Loop() {
				p.next = 0
				if r, _ := Record(p, Limits{Bytes: 1 << 20}); r == nil {
					b.Fatal("not recorded")
				}
			}
		})
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, rows := range []int{1, 50} {
		r, _ := Record(people(rows), Limits{})
		form, err := r.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rows=%d/encode", rows), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(form)))
			buffer := make([]byte, 0, len(form))
			for b.Loop() {
				if _, err := r.AppendBinary(buffer); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("rows=%d/decode", rows), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(form)))
			known := new(Decoder)
			for b.Loop() {
				if _, err := known.Decode(form); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
