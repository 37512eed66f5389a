package engine

import (
	"bytes"
	"database/sql/driver"
	"testing"
)

type (
	accountID uint32
	label     string
	uuid      [16]byte
)

func TestValueLike(t *testing.T) {
	t.Parallel()
	id := uuid{0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
	for _, tt := range []struct {
		sample, value, want driver.Value // want nil: it is not known how
	}{
		{int64(1), int64(7), int64(7)},
		{1, int64(7), 7},
		{int8(1), int64(7), int8(7)},
		{int8(1), int64(700), nil},
		{accountID(1), int64(7), accountID(7)},
		{accountID(1), int64(-7), nil},
		{"1", int64(7), "7"},
		{label("1"), int64(7), label("7")},
		{"a", "b", "b"},
		{"a", []byte("b"), "b"},
		{label("a"), []byte("b"), label("b")},
		{id, "0f0e0d0c-0b0a-0908-0706-050403020100", id},
		{id, "0f0e0d0c", nil},
		{id, "not one of them, but as long as one", nil},
		{1.5, int64(7), nil},
		{int64(1), 1.5, nil},
		{true, "b", nil},
	} {
		got, ok := valueLike(tt.sample, tt.value)
		if ok != (tt.want != nil) || got != tt.want {
			t.Errorf("%#v as %#v: got %#v (%v), want %#v", tt.value, tt.sample, got, ok, tt.want)
		}
	}
	got, ok := valueLike([]byte("a"), "b")
	if b, isBytes := got.([]byte); !ok || !isBytes || !bytes.Equal(b, []byte("b")) {
		t.Errorf("a string as bytes: %#v", got)
	}
}

func TestAroundLiteral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text       string
		value      any
		head, tail string
		ok         bool
	}{
		{"id = 1", int64(1), "id = ", "", true},
		{"id=1)", int64(1), "id=", ")", true},
		{"id = 11 AND t1.a = 2", int64(1), "", "", false},
		{"t1.id = 1", int64(1), "t1.id = ", "", true},
		{"id = 1 LIMIT 1", int64(1), "", "", false},
		{"id = 1.0", int64(1), "", "", false},
		{"id = -1", int64(-1), "", "", false},
		{"id = $1", int64(1), "", "", false},
		{"k = 'a' AND l = 'b'", "a", "k = ", " AND l = 'b'", true},
		{"k = 'a' AND l = 'a'", "a", "", "", false},
		{"k = 'x''a''y'", "a", "", "", false},
		{"k = E'a'", "a", "", "", false},
		{"k = 'it''s'", "it's", "", "", false},
		{"k = 1.5", 1.5, "", "", false},
	} {
		head, tail, ok := aroundLiteral(tt.text, tt.value)
		if head != tt.head || tail != tt.tail || ok != tt.ok {
			t.Errorf("%s: %q, %q, %v", tt.text, head, tail, ok)
		}
	}
	for _, s := range []string{"it's", `a\b`, "a\x00", "a;b", "a%b", "\u00fc"} {
		if got, ok := appendLiteral(s); ok {
			t.Errorf("%q is written as %s", s, got)
		}
	}
}
