package postgres

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

type (
	datedText  string
	datedList  []datedText
	datedRow   struct{ from, to any }
	datedShown int
)

func (datedShown) String() string { return "today" }

// TestDated: an argument that may be taken for a date that changes with time is told,
// whatever its Go type, and others are not.
func TestDated(t *testing.T) {
	t.Parallel()
	text, when := "Tomorrow", time.Now()
	for _, v := range []any{
		"now", "today 12:00", &text, datedText("yesterday"), []byte("now"), []string{"2020-01-01", "today"}, datedList{"now"}, []any{1, "now"}, "{2020-01-01,now}", "[today,)",
		sql.NullString{String: "today", Valid: true}, sql.Null[string]{V: "now", Valid: true}, datedRow{nil, "today"}, map[string]any{"a": []string{"now"}}, datedShown(1), json.RawMessage(`{"at": "now"}`), &[]*string{&text},
	} {
		if !Dialect.(dialect.DateChecker).Dated(v) {
			t.Errorf("%T(%v) is taken for one that stays", v, v)
		}
	}
	for _, v := range []any{
		nil, 7, int8(7), 7.5, true, when, &when, []time.Time{when}, sql.NullTime{Time: when, Valid: true}, time.UTC.String(), "2020-01-01", "nowhere", "", []byte(nil), []byte("abc"), [16]byte{'n', 'o', 'w'}, []int64{1}, []string{"a", "b"},
		(*string)(nil), sql.NullString{}, struct{ n *big.Int }{big.NewInt(7)}, []float64{1}, map[string]int{"a": 1}, time.Second, []*int{nil},
	} {
		if Dialect.(dialect.DateChecker).Dated(v) {
			t.Errorf("%T(%v) is taken for a date that changes", v, v)
		}
	}
}
