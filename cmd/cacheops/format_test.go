package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := []struct{ got, want string }{
		{grouped(0), "0"},
		{grouped(999), "999"},
		{grouped(1000), "1,000"},
		{grouped(1234567), "1,234,567"},
		{grouped(-1234), "-1,234"},
		{latency(0), "-"},
		{latency(310 * time.Nanosecond), "310 ns"},
		{latency(4100 * time.Nanosecond), "4.1 us"},
		{latency(312 * time.Microsecond), "312 us"},
		{latency(1200 * time.Microsecond), "1.2 ms"},
		{latency(120 * time.Millisecond), "120 ms"},
		{latency(9 * time.Second), "9000 ms"},
		{latency(12 * time.Second), "12 s"},
		{ratio(100, 4), "25x"},
		{ratio(3, 2), "1.5x"},
		{ratio(1, 2), "0.5x"},
		{ratio(12345, 1), "12,345x"},
		{ratio(0, 2), "-"},
		{ratio(1, 0), "-"},
		{percent(0, 0), "-"},
		{percent(1, 2), "50 %"},
		{percent(2, 2), "100 %"},
		{percent(99999, 100000), "99 %"}, // not all of them
		{plural(1, "row", "rows"), "1 row"},
		{plural(0, "row", "rows"), "0 rows"},
		{plural(2000, "row", "rows"), "2,000 rows"},
		{shortened("abcdef", 6), "abcdef"},
		{shortened("abcdefg", 6), "abc..."},
		{shortened("abcdefg", 2), "ab"},
		{tail("abcdefg", 6), "...efg"},
		{tail("abc", 6), "abc"},
		{printable("a\x1b[31mb\nc"), "a?[31mb?c"},
		{printable("gr\u00fcn"), "gr\u00fcn"},
		{strings.Join(wrapped("aa bb  cc dddddddd e", 5), "|"), "aa bb|cc|dddddddd|e"},
		{strings.Join(wrapped("", 5), "|"), ""},
		{left("ab", 4) + ".", "ab  ."},
		{right("ab", 4), "  ab"},
		{right("abcdef", 4), "abcdef"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	for _, d := range []time.Duration{999, 9999, 99999, 999999, 9999999, 99999999, 9999999999} {
		if s := latency(d); utf8.RuneCountInString(s) > 8 {
			t.Errorf("%d ns is %q", d, s)
		}
	}
}

// A histogram's quantiles are those of the sorted durations, within the width
// of a bucket.
func TestHistogramQuantiles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var h histogram
	all := make([]time.Duration, 20_000)
	for i := range all {
		all[i] = time.Duration(r.ExpFloat64() * float64(50*time.Microsecond))
		h.record(all[i])
	}
	slices.Sort(all)
	var l latencies
	l.add(&h)
	if l.total != uint64(len(all)) {
		t.Fatalf("%d counted", l.total)
	}
	for _, share := range []float64{0, 0.1, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[min(int(share*float64(len(all))), len(all)-1)]
		got := l.quantile(share)
		if diff := (got - want).Abs(); diff > want/16+1 {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
	var none latencies
	if none.quantile(0.5) != 0 {
		t.Error("nothing has a median")
	}
}

// Every duration has a bucket whose middle is near it, in order, up to the
// longest, which all longer ones share.
func TestHistogramBuckets(t *testing.T) {
	t.Parallel()
	last := -1
	for _, d := range []time.Duration{-5, 0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 1000, 1e6, 1e9, 60e9, 1 << longestBits} {
		b := bucketOf(d)
		if b < last || b >= bucketCount {
			t.Errorf("%d is in bucket %d of %d, after %d", d, b, bucketCount, last)
		}
		last = b
		if diff := (middleOf(b) - max(d, 0)).Abs(); diff > max(d, 0)/16 {
			t.Errorf("%d is in a bucket around %d", d, middleOf(b))
		}
	}
	if bucketOf(1<<62) != bucketOf(1<<longestBits) {
		t.Error("the longest durations are apart")
	}
}
