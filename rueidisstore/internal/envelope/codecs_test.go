package envelope

import (
	"strconv"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// codec is a way to compress that could have been taken.
type codec struct {
	name   string
	encode func(plain []byte) []byte
	decode func(b []byte) ([]byte, error)
}

func codecs(tb testing.TB) []codec {
	tb.Helper()
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(decoder.Close)
	zstandard := func(level zstd.EncoderLevel) func([]byte) []byte {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = e.Close() })
		return func(plain []byte) []byte { return e.EncodeAll(plain, nil) }
	}
	unzstd := func(b []byte) ([]byte, error) { return decoder.DecodeAll(b, nil) }
	uns2 := func(b []byte) ([]byte, error) { return s2.Decode(nil, b) }
	return []codec{
		{"s2", func(plain []byte) []byte { return s2.Encode(nil, plain) }, uns2},
		{"s2-better", func(plain []byte) []byte { return s2.EncodeBetter(nil, plain) }, uns2},
		{"zstd-1", zstandard(zstd.SpeedFastest), unzstd},
		{"zstd-3", zstandard(zstd.SpeedDefault), unzstd},
	}
}

// BenchmarkCodecs measures what the ways to compress make of results: percent of the
// bytes that are left, and the time to write and to read.
func BenchmarkCodecs(b *testing.B) {
	for _, k := range kinds {
		plain := k.payload(b, 1000)
		for _, c := range codecs(b) {
			packed := c.encode(plain)
			left := 100 * float64(len(packed)) / float64(len(plain))
			b.Run(k.name+"/"+c.name+"/write", func(b *testing.B) {
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					c.encode(plain)
				}
				b.ReportMetric(left, "%left")
				b.ReportMetric(float64(len(plain)), "bytes")
			})
			b.Run(k.name+"/"+c.name+"/read", func(b *testing.B) {
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					if _, err := c.decode(packed); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSizes measures what is left of small results.
func BenchmarkSizes(b *testing.B) {
	for _, k := range kinds {
		for _, n := range []int{2, 5, 10, 20, 40, 80, 160} {
			plain := k.payload(b, n)
			packed := s2.Encode(nil, plain)
			b.Run(k.name+"/"+strconv.Itoa(len(plain)), func(b *testing.B) {
				for b.Loop() {
					if _, err := s2.Decode(nil, packed); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(len(packed))/float64(len(plain)), "%left")
			})
		}
	}
}
