package postgres

import (
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

type word string

func pointed(s string) *string { return &s }

// A text that may be a time is told from one that holds such a word among others.
func TestDatedTexts(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		"now", "NOW", " now ", "today", "Tomorrow", "yesterday", "today 12:00", "12:00 today", "tomorrow allballs", "today 8:00 am Europe/Paris", "{now}", `{"today","2024-01-01"}`,
		"[today,)", "{a,b,c,d,now}", []string{"a", "now"}, word("now"), []word{"today"}, sql.NullString{String: "now", Valid: true}, pointed("now"),
	} {
		if !Dialect.(dialect.DateChecker).Dated(v) {
			t.Errorf("%v is no date that changes", v)
		}
	}
	for _, v := range []any{
		"", "a", "know", "nowhere", "now_", "snow", "nów", "Now you see me, now you do not", "2024-01-01", "infinity", []string{"a"}, []string{}, word("a"), []word{}, nil, 1, sql.NullString{}, (*string)(nil),
	} {
		if Dialect.(dialect.DateChecker).Dated(v) {
			t.Errorf("%v is a date that changes", v)
		}
	}
}

// TestDatedAllocatesNothing holds for the texts that programs pass.
func TestDatedAllocatesNothing(t *testing.T) {
	text := any("Hello today and so on")
	if n := testing.AllocsPerRun(100, func() { Dialect.(dialect.DateChecker).Dated(text) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}
