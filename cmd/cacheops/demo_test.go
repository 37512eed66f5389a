package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// small are flags of a demo of a second.
func small() demoFlags {
	return demoFlags{rows: 2000, workers: 3, duration: 300 * time.Millisecond, seed: 7}
}

var checkedLine = regexp.MustCompile(`checked ([0-9,]+) cached results? against the database: ([0-9,]+) stale`)

// checkedAndStale reads the last line of a demo.
func checkedAndStale(t *testing.T, out string) (checked, stale int) {
	t.Helper()
	m := checkedLine.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the check did not report:\n%s", out)
	}
	for i, into := range []*int{&checked, &stale} {
		n, err := strconv.Atoi(strings.ReplaceAll(m[i+1], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		*into = n
	}
	return checked, stale
}

func TestDemo(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	out, err := run(t, "demo", "--rows", "2000", "--duration", "300ms", "--workers", "3")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantPlain(t, out)
	checked, stale := checkedAndStale(t, out)
	if checked < 100 || stale != 0 {
		t.Errorf("%d results checked, %d stale, want many and none", checked, stale)
	}
	for _, want := range []string{
		"1  One query, closely", "2  Traffic", "3  The check", "77 answers compared with the database: 0 stale",
		" 0 older than an acknowledged write", "filled with 2,000 rows", "filling    100 %", "checking   100 %",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in the output", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("the demo left %v behind", left)
	}
}

// A write that bypasses the cache makes results stale: the check finds it, and
// the demo fails. So a demo that does not fail says something.
func TestDemoFindsStaleResults(t *testing.T) {
	t.Parallel()
	f := small()
	f.beforeCheck = func(ctx context.Context, bare *sql.DB) error {
		_, err := bare.ExecContext(ctx, "UPDATE products SET price_cents = price_cents + 1")
		return err
	}
	var buf bytes.Buffer
	err := runDemo(t.Context(), newScreen(&buf, nil), f)
	if !errors.Is(err, errStale) {
		t.Fatalf("the demo ended with %v, want %v", err, errStale)
	}
	if _, stale := checkedAndStale(t, buf.String()); stale < 10 {
		t.Errorf("%d stale, want all pages of products\n%s", stale, buf.String())
	}
	wantExample := "for example  SELECT"
	if !strings.Contains(buf.String(), wantExample) {
		t.Errorf("no example is given:\n%s", buf.String())
	}
}

func TestOverall(t *testing.T) {
	t.Parallel()
	if err := overall(nil, &totals{judged: 9}); err != nil {
		t.Errorf("nothing wrong ends with %v", err)
	}
	if err := overall(nil, &totals{judged: 9, outdated: 1}); !errors.Is(err, errStale) {
		t.Errorf("an old row ends with %v", err)
	}
	if err := overall(errNothingCached, new(totals)); !errors.Is(err, errNothingCached) {
		t.Errorf("a failed check ends with %v", err)
	}
}

func TestDemoKeepsTheShop(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out, err := run(t, "demo", "--rows", "1000", "--duration", "100ms", "--workers", "1", "--keep", "--seed", "3")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, path, found := strings.Cut(strings.TrimSpace(out), "the shop is kept in ")
	if !found {
		t.Fatalf("it is not said where the shop is:\n%s", out)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("%s: %v, %v", path, info, err)
	}
}

func TestDemoFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--rows", "5"}, "cacheops: --rows is 5: use 1000 at least"},
		{[]string{"--rows", "50000000"}, "cacheops: --rows is 50000000: use 20000000 at most"},
		{[]string{"--workers", "0"}, "cacheops: --workers is 0: use 1 to 1000"},
		{[]string{"--duration", "1ms"}, "cacheops: --duration is 1ms: use 100ms at least"},
		{[]string{"--db", "x", "--rows", "5000"}, "if any flags in the group [db rows] are set none of the others can be; [db rows] were all set"},
		{[]string{"--db", ""}, `cacheops: there is no file "": check the path given with --db`},
		{[]string{"shop"}, `unknown command "shop" for "cacheops demo"`},
	}
	for _, tt := range tests {
		out, err := run(t, append([]string{"demo"}, tt.args...)...)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v: error %v, want %s", tt.args, err, tt.want)
		}
		if out != "" {
			t.Errorf("%v: printed %q besides", tt.args, out)
		}
	}
}

// openShop fills a small shop, with a bare and a cached handle on it.
func openShop(t *testing.T, rows int) (*shop, *sql.DB, *cachedDB) {
	t.Helper()
	s := shopOf(t.TempDir(), rows)
	bare, err := s.open(3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bare.Close() })
	if err := s.fill(t.Context(), bare, 1, func(int) {}); err != nil {
		t.Fatal(err)
	}
	c, err := openCached(s.dsn(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return s, bare, c
}

// What the first act shows is told by the conditions alone: each write drops
// exactly the results that it could change.
func TestCloseUpDropsExactly(t *testing.T) {
	t.Parallel()
	_, bare, c := openShop(t, 2000)
	var buf bytes.Buffer
	seen, err := runCloseUp(t.Context(), newScreen(&buf, nil), c, bare)
	if err != nil {
		t.Fatal(err)
	}
	// A page 3, B page 5, C list 3, D list 5, E in stock 3, F rating 3, G order 7
	want := map[string]string{
		"new price for product 3":         "A C E",
		"new price for product 27":        "C E",
		"new product in category 5":       "D",
		"product 27 moves from 3 to 5":    "C D E",
		"review of product 3":             "F",
		"review of product 4":             "",
		"one more in order 7":             "G",
		"a customer moves":                "",
		"sale in category 3, rolled back": "",
		"sale in category 3":              "A C E",
	}
	if len(want) != len(deeds) || len(seen.dropped) != len(deeds) {
		t.Fatalf("%d writes, %d shown, %d expected", len(deeds), len(seen.dropped), len(want))
	}
	for i, d := range deeds {
		var got []string
		for v, dropped := range seen.dropped[i] {
			if dropped {
				got = append(got, letter(v))
			}
		}
		if got := strings.Join(got, " "); got != want[d.name] {
			t.Errorf("%s dropped %q, want %q", d.name, got, want[d.name])
		}
	}
	if seen.stale != 0 || seen.checked != 77 {
		t.Errorf("%d stale of %d", seen.stale, seen.checked)
	}
	for _, v := range views {
		if v.sql == "" {
			t.Errorf("%s is no read of the shop", v.name)
		}
	}
	if !regexp.MustCompile(`(?m)^   first read  miss .* from the database\n   again       hit .* from the cache`).MatchString(buf.String()) {
		t.Errorf("the first query was not a miss and then a hit:\n%s", buf.String())
	}
}

// Equal seeds fill equal shops, others do not.
func TestFillIsDeterministic(t *testing.T) {
	t.Parallel()
	sum := func(seed uint64) string {
		s := shopOf(t.TempDir(), 1500)
		db, err := s.open(1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		reported := 0
		if err := s.fill(t.Context(), db, seed, func(n int) { reported = n }); err != nil {
			t.Fatal(err)
		}
		var out []string
		total := 0
		for _, name := range []string{"categories", "products", "customers", "orders", "order_items", "reviews"} {
			got, err := readTable(t.Context(), db, "SELECT * FROM "+name+" ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			total += len(got.rows)
			for _, row := range got.rows {
				for _, v := range row {
					out = append(out, textOf(v))
				}
			}
		}
		if total != 1500 || reported != 1500 || s.rows() != 1500 {
			t.Errorf("%d rows, %d reported, %d planned, want 1500", total, reported, s.rows())
		}
		return strings.Join(out, "|")
	}
	one, again, two := sum(1), sum(1), sum(2)
	if one != again {
		t.Error("equal seeds made different shops")
	}
	if one == two {
		t.Error("different seeds made equal shops")
	}
}

// textOf writes a value of the shop.
func textOf(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return v
	default:
		return "?"
	}
}

// The shop's file may lie in a folder whose name looks like a URI.
func TestShopInOddFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), oddName)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := shopOf(dir, 1000)
	db, err := s.open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := s.fill(t.Context(), db, 1, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path); err != nil {
		t.Error(err)
	}
}
