package envelope

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/result"
)

// table is rows that a driver would return.
type table struct {
	columns []string
	rows    [][]driver.Value
}

func (t *table) Columns() []string { return t.columns }
func (t *table) Close() error      { return nil }

func (t *table) Next(dest []driver.Value) error {
	if len(t.rows) == 0 {
		return io.EOF
	}
	copy(dest, t.rows[0])
	t.rows = t.rows[1:]
	return nil
}

// kinds are results of n rows as programs have them, and a page with a fifth as many parts. What
// is chance in them is the same in each run.
var kinds = []struct {
	name    string
	payload func(tb testing.TB, n int) []byte
}{
	{"articles", articles},
	{"orders", orders},
	{"users", users},
	{"events", events},
	{"counts", counts},
	{"digests", digests},
	{"page", page},
}

// rows returns the bytes of a result of n rows as a store gets them.
func rows(tb testing.TB, n int, columns string, row func(i int) []driver.Value) []byte {
	tb.Helper()
	t := &table{columns: strings.Fields(columns)}
	for i := range n {
		t.rows = append(t.rows, row(i))
	}
	r, rest := result.Record(t, result.Limits{})
	if rest != nil {
		_ = rest.Close()
		tb.Fatal("the rows were not kept")
	}
	b, err := r.AppendBinary(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// chance is random numbers that are the same in each run.
func chance() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

// text returns some bytes of random digits.
func text(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(b)
}

// prose is English as people write it: this project's own documents.
func prose(tb testing.TB) string {
	tb.Helper()
	var all strings.Builder
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		names, err := filepath.Glob(filepath.Join("..", "..", "..", pattern))
		if err != nil || len(names) == 0 {
			tb.Fatal("there are no documents: ", err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}

var begin = time.Date(2025, 11, 14, 8, 0, 0, 0, time.UTC)

// articles have a title and the beginning of a text.
func articles(tb testing.TB, n int) []byte {
	words, r := prose(tb), chance()
	return rows(tb, n, "id author_id title teaser score published created", func(i int) []driver.Value {
		at := 130 * i % (len(words) - 130)
		return []driver.Value{
			int64(7000 + i), r.Int64N(300), words[at : at+30], words[at+30 : at+130],
			float64(r.IntN(500)) / 100, r.IntN(10) > 0, begin.Add(time.Duration(i) * 37 * time.Minute),
		}
	})
}

// orders are numbers, times and one word of a few.
func orders(tb testing.TB, n int) []byte {
	r, status := chance(), []string{"new", "paid", "sent", "returned"}
	return rows(tb, n, "id customer_id product_id quantity price_cents status created updated", func(i int) []driver.Value {
		at := begin.Add(time.Duration(i*90+r.IntN(90)) * time.Second)
		return []driver.Value{
			int64(480_000 + i), r.Int64N(40_000), r.Int64N(900), 1 + r.Int64N(5), 99 + r.Int64N(20_000),
			status[r.IntN(len(status))], at, at.Add(time.Duration(r.IntN(86_400)) * time.Second),
		}
	})
}

// users have names, addresses, a UUID and the hash of a password.
func users(tb testing.TB, n int) []byte {
	r := chance()
	first := strings.Fields("Anna Ben Carla David Emma Felix Greta Hannah Ivan Julia Karl Lena Max Nora Otto Paula")
	last := strings.Fields("Adams Baker Clark Davies Evans Foster Green Hughes Irwin Jones King Lewis Moore Nash Owen Price")
	return rows(tb, n, "id uuid first_name last_name email password active note joined", func(i int) []driver.Value {
		a, b := first[r.IntN(len(first))], last[r.IntN(len(last))]
		u := text(r, 16)
		return []driver.Value{
			int64(100 + i), u[:8] + "-" + u[8:12] + "-" + u[12:16] + "-" + u[16:20] + "-" + u[20:], a, b,
			strings.ToLower(a+"."+b) + fmt.Sprint(r.IntN(1000)) + "@example.com", "$2a$10$" + text(r, 26),
			r.IntN(8) > 0, nil, begin.Add(-time.Duration(r.IntN(100_000)) * time.Minute),
		}
	})
}

// events have a document in JSON.
func events(tb testing.TB, n int) []byte {
	r, kind := chance(), []string{"login", "logout", "page_view", "search", "purchase"}
	return rows(tb, n, "id kind document created", func(i int) []driver.Value {
		k := kind[r.IntN(len(kind))]
		return []driver.Value{
			int64(i), k, fmt.Appendf(nil, `{"event":%q,"user":{"id":%d,"session":%q},"request":{"path":"/products/%d","method":"GET","ip":"10.%d.%d.%d","agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/%d.0"},"took_ms":%d}`,
				k, r.IntN(50_000), text(r, 8), r.IntN(900), r.IntN(256), r.IntN(256), r.IntN(256), 100+r.IntN(40), r.IntN(900)),
			begin.Add(time.Duration(i) * time.Second),
		}
	})
}

// counts are two numbers.
func counts(tb testing.TB, n int) []byte {
	r := chance()
	return rows(tb, n, "category_id count", func(i int) []driver.Value { return []driver.Value{int64(i), r.Int64N(100_000)} })
}

// digests are what nothing makes smaller.
func digests(tb testing.TB, n int) []byte {
	r := chance()
	return rows(tb, n, "id sha256", func(int) []driver.Value {
		b := make([]byte, 40)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return []driver.Value{b[:8], b[8:]}
	})
}

// page is one as a template makes it.
func page(tb testing.TB, n int) []byte {
	words := prose(tb)
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Articles</title></head>\n<body>\n<main>\n")
	for i := range n / 5 {
		at := 240 * i % (len(words) - 240)
		fmt.Fprintf(&b, "  <article class=\"teaser\" id=\"article-%d\">\n    <h2><a href=\"/articles/%d\">%s</a></h2>\n    <p class=\"text\">%s</p>\n    <span class=\"date\">%s</span>\n  </article>\n",
			i, i, words[at:at+40], words[at+40:at+240], begin.Add(time.Duration(i)*time.Hour).Format(time.RFC1123))
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return []byte(b.String())
}
