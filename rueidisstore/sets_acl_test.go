package rueidisstore_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// setsPromised returns what docs/redis.md says that sets mode takes besides, and Reap.
func setsPromised(t *testing.T) (always, reap []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("In sets mode the cache takes `([^`]+)` besides, and\\s`Reap` takes `([^`]+)`").FindSubmatch(text)
	if m == nil {
		t.Fatal("docs/redis.md does not say what sets mode takes")
	}
	list := func(b []byte) []string { return strings.Fields(strings.ReplaceAll(string(b), "+", "")) }
	return list(m[1]), list(m[2])
}

// A user with the commands that are promised to be enough can do all in sets mode, and
// without any of them something fails.
func TestSetsUserNeedsWhatIsPromised(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	servers := []*redistest.Server{server}
	stamps, _ := promised(t)
	more, forReap := setsPromised(t)
	try := func(user string) error {
		s := newSets(t, asUser(t, server.URL(), user), prefixed("app"))
		q := rowQuery("t", "1")
		err := tryAll(s)
		if err == nil {
			l, lerr := s.Lease(t.Context(), q)
			err = errors.Join(lerr, s.Fill(t.Context(), madeOf("f"), s.Join(l.Snapshot), blob("{}"), 1e9))
		}
		if err == nil {
			raw := newRaw(t, newSets(t, server.URL(), prefixed("app")))
			raw.dead(s.MembersKey("main", "t"), 10)
			_, err = s.Reap(t.Context(), rueidisstore.ReapOptions{MinSize: 1})
		}
		return err
	}
	all := slices.Concat(stamps, more, forReap)
	grant(t, servers, "enough", "app", all)
	if err := try("enough"); err != nil {
		t.Fatal(err)
	}
	if err := tryAll(newSets(t, asUser(t, server.URL(), "enough"), prefixed("another"))); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with another prefix: %v", err)
	}
	for _, without := range slices.Concat(more, forReap) {
		if _, err := server.Do("FLUSHALL"); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Do("ACL", "LOG", "RESET"); err != nil {
			t.Fatal(err)
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == without })
		grant(t, servers, "less", "app", rest)
		err := try("less")
		if refused, _ := server.List("ACL", "LOG"); err == nil || !slices.Contains(refused, without) {
			t.Errorf("nothing needs %s: %v", without, err)
		}
	}
}
