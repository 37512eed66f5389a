package mysql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

// TestTextsLiterals asks the server what literals mean: where the dialect tells a value it
// must be that one.
func TestTextsLiterals(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(driverName, server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	told := 0
	for _, literal := range []string{
		`'a'`, `"a"`, `'it''s'`, `"it's"`, `"a""b"`, `'a"b'`, `''`, `'a' 'b'`, `'a'"b"`, `"a" 'b' "c"`, "'a' /* c */ 'b'", "'a' -- c\n'b'", "'a'\n'b'",
		`'a\'b'`, `"a\"b"`, `'a\\b'`, `'\n\t\r\b\Z'`, `'\%\_'`, `'a\%b\_c'`, `'\q\x\é'`, `'é日本'`, `'-- a'`, `'/* a */'`, `'# a'`, `'a;b'`, `'?'`, "'`'", "'\n'", "'\t'",
		"0", "1", "00012", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", strings.Repeat("9", 65),
		"1.5", "1.50", ".5", "0.5", "00.50", "0.00", "1." + strings.Repeat("1", 30), "-1", "- 1", "-9223372036854775808", "-1.5", "TRUE", "FALSE", "true",
		"1 --1", "1 -- 1", "1 # 1", "1/**/", "/*! 1 */", "/*!40000 1 */", "/*!50699 1*/",
	} {
		var got string
		if err := db.QueryRow("SELECT " + literal).Scan(&got); err != nil {
			t.Errorf("%s: %v", literal, err)
			continue
		}
		st := mysql.Parse("SELECT " + literal)
		if st.Query == nil {
			t.Errorf("%s was not understood: %s", literal, st.Incomplete)
			continue
		}
		l, ok := st.Query.Cores[0].Columns[0].Expr.(*dialect.Literal)
		if !ok {
			continue
		}
		told++
		want := fmt.Sprint(l.Value)
		if b, is := l.Value.(bool); is {
			want = map[bool]string{true: "1", false: "0"}[b]
		}
		if _, decimal := l.Value.(dialect.Decimal); decimal { // leading zeros count for nothing
			got, want = strings.TrimLeft(got, "0"), strings.TrimLeft(want, "0")
		}
		if got != want {
			t.Errorf("%s is %q to the server, %q to the dialect", literal, got, want)
		}
	}
	if told < 40 {
		t.Errorf("only %d literals were told", told)
	}
}
