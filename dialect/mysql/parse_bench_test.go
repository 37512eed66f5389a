package mysql

import (
	"strconv"
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	var join strings.Builder
	join.WriteString("SELECT t0.id, t9.name FROM t0")
	for i := 1; i < 10; i++ {
		n, before := strconv.Itoa(i), strconv.Itoa(i-1)
		join.WriteString(" LEFT JOIN t" + n + " ON t" + n + ".parent_id = t" + before + ".id AND t" + n + ".deleted_at IS NULL")
	}
	join.WriteString(" WHERE t0.id = ? AND t5.status IN (?, ?, ?) ORDER BY t0.created_at DESC LIMIT 20")
	for _, bb := range []struct{ name, text string }{
		{"short", "SELECT * FROM `users` WHERE `users`.`id` = ? AND `users`.`deleted_at` IS NULL ORDER BY `users`.`id` LIMIT 1"},
		{"10-joins", join.String()},
		{"returning", "INSERT INTO t (a, b) VALUES (?, ?) RETURNING id, a"},
		{"insert-1MB", "INSERT INTO t (a, b) VALUES (1, 'some text')" + strings.Repeat(", (1, 'some text')", 55_000)},
		{"insert-1.1MB", "INSERT INTO t (a, b) VALUES (1, 'some text')" + strings.Repeat(", (1, 'some text')", 60_000)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				if st := Parse(bb.text); len(st.Reads)+len(st.Writes) == 0 {
					b.Fatal("not understood")
				}
			}
		})
	}
}
