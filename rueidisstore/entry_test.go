package rueidisstore

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
)

// TestCheckIsADigestOfAllParts compares checks with the digest of their parts one
// after the other: also where they need more room than most do, and at the edges of
// that.
func TestCheckIsADigestOfAllParts(t *testing.T) {
	t.Parallel()
	const stamp = "0123456789abcdef"
	for _, database := range []string{"", "main", strings.Repeat("x", 200), strings.Repeat("x", 1000)} {
		q := &store.Query{Database: database, Key: store.Key{1, 2, 3}}
		c := newChecker(q)
		want := append([]byte(checkFormat), q.Key[:]...)
		want = append(binary.AppendUvarint(want, uint64(len(database))), database...)
		for i := range 100 {
			if sum := sha256.Sum256(want); c.sum() != check(sum[:checkSize]) {
				t.Fatalf("a database of %d bytes: the check is another one after %d parts", len(database), i)
			}
			m := incarnation{byte(i)}
			if i%2 == 0 {
				c.server(m)
				want = append(want, m[:]...)
				continue
			}
			if !c.stamp(stamp) || c.stamp(stamp[1:]) || c.stamp("") {
				t.Fatal("not exactly a stamp was taken for one")
			}
			want = append(want, stamp...)
		}
	}
}
