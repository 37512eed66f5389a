package filecache

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// Pages are in the folder, for all processes and for later ones; an URI's are dropped
// everywhere, and a damaged one is made anew.
func TestPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	made := 0
	news := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made++
		w.Header().Set("X-Made", fmt.Sprint(made))
		fmt.Fprintf(w, "page %d for %q", made, r.Header.Get("Cookie"))
	})
	const uri = "http://example.com/news"
	show := func(h http.Handler, want string, cookies ...string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
		for _, c := range cookies {
			r.Header.Add("Cookie", c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("X-Made") == "" {
			t.Errorf("%d %v %q, want %q", w.Code, w.Header(), w.Body.String(), want)
		}
	}
	cache, files := process(t, dir, cacheops.Config{})
	h := httpcache.New(cache, httpcache.Config{TTL: time.Hour, KeepIn: files})(news)
	show(h, `page 1 for ""`)
	show(h, `page 1 for ""`)
	show(h, `page 2 for "session=1"`, "session=1")

	other, theirs := process(t, dir, cacheops.Config{})
	g := httpcache.New(other, httpcache.Config{TTL: time.Hour, KeepIn: theirs})(news)
	show(g, `page 1 for ""`)
	if err := httpcache.InvalidateKept(t.Context(), other, theirs, uri); err != nil {
		t.Fatal(err)
	}
	show(h, `page 3 for ""`)
	show(g, `page 3 for ""`)

	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == tagName {
			return err
		}
		return os.Truncate(path, headerSize+1)
	})
	if err != nil {
		t.Fatal(err)
	}
	show(h, `page 4 for ""`)
	show(g, `page 4 for ""`)
	clean(context.Background(), dir, CleanOptions{}, func() time.Time { return time.Now().Add(2 * time.Hour) })
	wantEmpty(t, dir)
}
