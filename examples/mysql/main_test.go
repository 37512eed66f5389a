package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/mysqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// times are what differs from run to run.
var times = regexp.MustCompile(` +[0-9.]+ us`)

func TestStory(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	for range 2 { // nothing is left of the first run
		var out, errs bytes.Buffer
		if err := command(t.Context(), []string{"-dsn", server.DSN("")}, &out, &errs); err != nil || errs.Len() > 0 {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		const want = `the first time                     Hello        from the database
again                              Hello        from the cache
after another post was changed     Hello        from the cache
after it was changed               Hello again  from the database
again                              Hello again  from the cache
`
		if got := times.ReplaceAllString(out.String(), ""); got != want {
			t.Errorf("it printed\n%s\nwant\n%s", got, want)
		}
	}
}

// Without a server it says what to do.
func TestNoServer(t *testing.T) {
	t.Setenv("DATABASE_DSN", "")
	for _, args := range [][]string{nil, {"-dsn", "mysql://root:hidden@localhost/blog"}} {
		var out, errs bytes.Buffer
		err := command(t.Context(), args, &out, &errs)
		if err == nil || !strings.Contains(err.Error(), "docker run") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%v: %v", args, err)
		}
	}
	var out, errs bytes.Buffer
	if err := command(t.Context(), []string{"-wrong"}, &out, &errs); err == nil || !strings.Contains(errs.String(), "-dsn") {
		t.Errorf("a wrong flag: %v, %s", err, errs.String())
	}
	// A server that cannot be reached.
	if err := command(t.Context(), []string{"-dsn", "root@tcp(127.0.0.1:1)/"}, &out, &errs); err == nil {
		t.Error("no error without a server")
	}
}
