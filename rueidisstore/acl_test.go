package rueidisstore_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// promised returns the commands that doc.go says a user needs: those of the scripts,
// and those that it lists, with those of a Cluster apart.
func promised(t *testing.T) (always, inCluster []string) {
	t.Helper()
	files, err := filepath.Glob("lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	add := func(list []string, commands ...string) []string {
		for _, c := range commands {
			if c = strings.ToLower(strings.ReplaceAll(c, " ", "|")); !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
		return list
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`redis\.p?call\('([A-Z]+)'`).FindAllSubmatch(text, -1) {
			always = add(always, string(m[1]))
		}
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(doc), "\n// ", " ")
	_, text, ok := strings.Cut(text, "needs the commands of the scripts in folder lua, and ")
	if !ok {
		t.Fatal("doc.go does not say what a user needs")
	}
	text, _, _ = strings.Cut(text, ".")
	plain, cluster, ok := strings.Cut(text, " in a Cluster")
	if !ok {
		t.Fatal(text)
	}
	commands := regexp.MustCompile(`\b[A-Z]+( [A-Z]+)?\b`)
	return add(always, commands.FindAllString(plain, -1)...), add(nil, commands.FindAllString(cluster, -1)...)
}

// The rules of a user that people copy name the commands that are promised, PING of
// the client itself, and nothing else.
func TestDocumentedUser(t *testing.T) {
	t.Parallel()
	want, inCluster := promised(t)
	slices.Sort(want)
	for _, file := range []string{"doc.go", "../docs/redis.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(text), "ACL SETUSER")
		if !ok {
			t.Fatalf("%s has no rules of a user", file)
		}
		rules, _, _ := strings.Cut(rest, "```")
		var have []string
		for _, m := range regexp.MustCompile(`\s\+([a-z|]+)`).FindAllStringSubmatch(rules, -1) {
			have = append(have, m[1])
		}
		slices.Sort(have)
		if with := slices.Sorted(slices.Values(append(slices.Clone(want), "ping"))); !slices.Equal(have, with) {
			t.Errorf("%s: the rules are for %v, want %v", file, have, with)
		}
		for _, c := range inCluster {
			if file != "doc.go" && !strings.Contains(rest, "+"+c) {
				t.Errorf("%s does not name %s, which a Cluster takes", file, c)
			}
		}
	}
}

// grant makes a user with these commands, the keys and channels of a prefix, and
// nothing else.
func grant(t *testing.T, servers []*redistest.Server, user, prefix string, commands []string) {
	t.Helper()
	rules := []string{"ACL", "SETUSER", user, "reset", "on", ">s3cret", "~" + prefix + ":*", "&" + prefix + ":*", "-@all"}
	for _, c := range commands {
		rules = append(rules, "+"+c)
	}
	for _, s := range servers {
		if _, err := s.Do(rules...); err != nil {
			t.Fatal(err)
		}
	}
}

// asUser names the user in a URL.
func asUser(t *testing.T, rawURL, user string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, "s3cret")
	return u.String()
}

func prefixed(prefix string) func(*rueidisstore.Config) {
	return func(c *rueidisstore.Config) { c.Prefix = prefix }
}

// A user with the commands that are promised to be enough can do all, and without
// any of them something fails. Nothing is done outside of the prefix.
func TestUserNeedsWhatIsPromised(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	all, _ := promised(t)
	t.Log("enough:", all)
	servers := []*redistest.Server{server}
	grant(t, servers, "enough", "app", all)
	exercise(t, newStore(t, asUser(t, server.URL(), "enough"), prefixed("app")))
	if err := tryAll(newStore(t, asUser(t, server.URL(), "enough"), prefixed("another"))); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "keys and channels") {
		t.Errorf("with another prefix: %v", err)
	}
	for _, without := range all {
		t.Run("without "+without, func(t *testing.T) {
			// Scripts that the server does not know are sent as text.
			if _, err := server.Do("SCRIPT", "FLUSH"); err != nil {
				t.Fatal(err)
			}
			if _, err := server.Do("FLUSHALL"); err != nil {
				t.Fatal(err)
			}
			if _, err := server.Do("ACL", "LOG", "RESET"); err != nil {
				t.Fatal(err)
			}
			rest := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == without })
			grant(t, servers, "less", "app", rest)
			err := tryAll(newStore(t, asUser(t, server.URL(), "less"), prefixed("app")))
			// Where an unlock fails the lock has a time, so there it is no error.
			refused, _ := server.List("ACL", "LOG")
			if !slices.Contains(refused, without) || err == nil && without != "publish" {
				t.Errorf("nothing needs %s: %v", without, err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Error(err)
			}
		})
	}
}

// In a Cluster it is the same, with what is promised for a Cluster.
func TestUserNeedsWhatIsPromisedInCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	always, inCluster := promised(t)
	all := slices.Concat(always, inCluster)
	grant(t, cluster.Nodes(), "enough", "app", all)
	s := newStore(t, asUser(t, cluster.URL(), "enough"), prefixed("app"))
	exercise(t, s)
	// While a slot moves calls are sent on.
	ctx := context.Background()
	q := resultQuery("1")
	fill(t, s, q, userResult(t))
	slot := cluster.Slot(s.EntryKey(q.Key))
	owner := cluster.MasterOf(slot)
	to := cluster.Nodes()[0]
	if to == owner {
		to = cluster.Nodes()[1]
	}
	m, err := cluster.BeginMigration(slot, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Move(1000); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(ctx, q); err != nil {
		t.Fatal(err)
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	exercise(t, s)
	grant(t, cluster.Nodes(), "less", "app", always)
	if err := tryAll(newStore(t, asUser(t, cluster.URL(), "less"), prefixed("app"))); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "cluster|slots") {
		t.Errorf("without the commands of a Cluster: %v", err)
	}
}
