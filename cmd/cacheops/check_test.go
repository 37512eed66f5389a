package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCheckAll(t *testing.T) {
	t.Parallel()
	_, bare, c := openShop(t, 1000)
	page := sqlOf("product page")
	questions := []question{{page, []any{int64(1)}}, {page, []any{int64(2)}}, {page, []any{int64(3)}}}
	check := func() *verdict {
		t.Helper()
		reported := 0
		v, err := checkAll(t.Context(), c.db, bare, questions, func(n int) { reported = n })
		if err != nil {
			t.Fatal(err)
		}
		if reported != len(questions) || v.questions != len(questions) {
			t.Errorf("%d reported of %d", reported, v.questions)
		}
		return v
	}
	if v := check(); v.cached != 0 || !errors.Is(v.err(), errNothingCached) {
		t.Errorf("an empty cache: %+v, %v", v, v.err())
	}
	if v := check(); v.cached != 3 || v.stale != 0 || v.err() != nil {
		t.Errorf("a full cache: %+v, %v", v, v.err())
	}
	if _, err := bare.ExecContext(t.Context(), "UPDATE products SET name = name || '!' WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	v := check()
	if v.cached != 3 || v.stale != 1 || v.example.args[0] != int64(2) || !errors.Is(v.err(), errStale) {
		t.Errorf("a write past the cache: %+v, %v", v, v.err())
	}
	var buf bytes.Buffer
	v.print(newScreen(&buf, nil))
	if !strings.Contains(buf.String(), "checked 3 cached results against the database: 1 stale\n") {
		t.Errorf("printed %q", buf.String())
	}
	// A wrong result counts even if the cache did not answer.
	if v := (&verdict{questions: 2, cached: 1, wrong: 1}); !errors.Is(v.err(), errStale) {
		t.Errorf("a wrong miss ends with %v", v.err())
	}
}

func TestTableEqual(t *testing.T) {
	t.Parallel()
	now := time.Now().Round(0)
	base := func(v any) *table { return &table{columns: []string{"a"}, rows: [][]any{{v}}} }
	tests := []struct {
		name string
		a, b *table
		want bool
	}{
		{"equal integers", base(int64(1)), base(int64(1)), true},
		{"an integer and a float", base(int64(1)), base(float64(1)), false},
		{"an integer and a text", base(int64(1)), base("1"), false},
		{"NULL and zero", base(nil), base(int64(0)), false},
		{"NULL and NULL", base(nil), base(nil), true},
		{"text and bytes", base("a"), base([]byte("a")), false},
		{"bytes and text", base([]byte("a")), base("a"), false},
		{"equal bytes", base([]byte("a")), base([]byte("a")), true},
		{"unequal bytes", base([]byte("a")), base([]byte("b")), false},
		{"no bytes and empty ones", base([]byte(nil)), base([]byte{}), false},
		{"equal times", base(now), base(now), true},
		{"equal instants in two zones", base(now), base(now.In(time.FixedZone("", 3600))), false},
		{"other column names", base(int64(1)), &table{columns: []string{"b"}, rows: [][]any{{int64(1)}}}, false},
		{"fewer rows", base(int64(1)), &table{columns: []string{"a"}}, false},
	}
	for _, tt := range tests {
		if got := tt.a.equal(tt.b); got != tt.want {
			t.Errorf("%s: equal is %v", tt.name, got)
		}
	}
}

// A scanner serves results of any width, one after another.
func TestScannerWidths(t *testing.T) {
	t.Parallel()
	_, bare, _ := openShop(t, 1000)
	var s scanner
	for _, tt := range []struct {
		sql  string
		want []any
	}{
		{"SELECT ?1", []any{int64(9)}},
		{"SELECT ?1, 2, 'x'", []any{int64(9), int64(2), "x"}},
		{"SELECT NULL, ?1", []any{nil, int64(9)}},
	} {
		rows := 0
		err := s.read(t.Context(), bare, tt.sql, 9, func(values []any) {
			rows++
			got := &table{rows: [][]any{values}}
			if !got.equal(&table{rows: [][]any{tt.want}}) {
				t.Errorf("%s: %v", tt.sql, values)
			}
		})
		if err != nil || rows != 1 {
			t.Errorf("%s: %d rows, %v", tt.sql, rows, err)
		}
	}
}
