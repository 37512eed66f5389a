package http_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/httpcache"
	"github.com/cacheops/cacheops/sqlcache"
)

// Pages of net/http: each depends on what it was made from.
func Example() {
	cache, db, end := open()
	defer end()

	cached := httpcache.New(cache, httpcache.Config{TTL: time.Minute})
	mux := http.NewServeMux()
	mux.Handle("GET /category/{id}", cached(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		titles, err := live(r.Context(), db, r.PathValue("id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, titles)
	})))

	story(mux, db)
	// Output:
	// first: 200 [Hello] (made)
	// again: 200 [Hello] (kept)
	// another category was written: 200 [Hello] (kept)
	// this category was written: 200 [Hello Notes] (made)
	// again: 200 [Hello Notes] (kept)
	// no category: 500 error (made)
	// again: 500 error (made)
}

// With chi it is middleware for some routes.
func Example_chi() {
	cache, db, end := open()
	defer end()

	cached := httpcache.New(cache, httpcache.Config{TTL: time.Minute})
	router := chi.NewRouter()
	router.With(cached).Get("/category/{id}", func(w http.ResponseWriter, r *http.Request) {
		titles, err := live(r.Context(), db, chi.URLParam(r, "id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, titles)
	})

	story(router, db)
	// Output:
	// first: 200 [Hello] (made)
	// again: 200 [Hello] (kept)
	// another category was written: 200 [Hello] (kept)
	// this category was written: 200 [Hello Notes] (made)
	// again: 200 [Hello Notes] (kept)
	// no category: 500 error (made)
	// again: 500 error (made)
}

// With Echo too, by WrapMiddleware.
func Example_echo() {
	cache, db, end := open()
	defer end()

	cached := httpcache.New(cache, httpcache.Config{TTL: time.Minute})
	router := echo.New()
	router.GET("/category/:id", func(c echo.Context) error {
		titles, err := live(c.Request().Context(), db, c.Param("id"))
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprint(titles))
	}, echo.WrapMiddleware(cached))

	story(router, db)
	// Output:
	// first: 200 [Hello] (made)
	// again: 200 [Hello] (kept)
	// another category was written: 200 [Hello] (kept)
	// this category was written: 200 [Hello Notes] (made)
	// again: 200 [Hello Notes] (kept)
	// no category: 500 error (made)
	// again: 500 error (made)
}

// Gin's middleware has another form, so the cache goes around the router: what is not
// to be kept says Cache-Control: no-store.
func Example_gin() {
	cache, db, end := open()
	defer end()

	cached := httpcache.New(cache, httpcache.Config{TTL: time.Minute})
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/category/:id", func(c *gin.Context) {
		titles, err := live(c.Request.Context(), db, c.Param("id"))
		if err != nil {
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		c.String(http.StatusOK, fmt.Sprint(titles))
	})

	story(cached(router), db)
	// Output:
	// first: 200 [Hello] (made)
	// again: 200 [Hello] (kept)
	// another category was written: 200 [Hello] (kept)
	// this category was written: 200 [Hello Notes] (made)
	// again: 200 [Hello Notes] (kept)
	// no category: 500 error (made)
	// again: 500 error (made)
}

// live returns the titles of the posts of a category that are live.
func live(ctx context.Context, db *sql.DB, category string) (titles []string, err error) {
	if category == "none" {
		return nil, fmt.Errorf("there is no category %q", category)
	}
	rows, err := db.QueryContext(ctx, "SELECT title FROM posts WHERE category_id = ? AND status = 'live' ORDER BY id", category)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			return nil, err
		}
		titles = append(titles, title)
	}
	return titles, rows.Err()
}

// story asks for a page between writes.
func story(h http.Handler, db *sql.DB) {
	server := httptest.NewServer(h)
	defer server.Close()
	get := func(when, path string) {
		resp, err := server.Client().Get(server.URL + path)
		check(err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		check(err)
		if resp.StatusCode != http.StatusOK {
			body = []byte("error") // each router says it in its own words
		}
		made := "made"
		if resp.Header.Get("Age") != "" {
			made = "kept"
		}
		fmt.Fprintf(os.Stdout, "%s: %d %s (%s)\n", when, resp.StatusCode, body, made)
	}
	exec := func(query string) {
		_, err := db.ExecContext(context.Background(), query)
		check(err)
	}
	get("first", "/category/7")
	get("again", "/category/7")
	exec("INSERT INTO posts (category_id, title, status) VALUES (1, 'Sun', 'live')")
	get("another category was written", "/category/7")
	exec("UPDATE posts SET status = 'live' WHERE id = 2")
	get("this category was written", "/category/7")
	get("again", "/category/7")
	get("no category", "/category/none")
	get("again", "/category/none")
}

// open opens a cache and the blog.
func open() (cache *cacheops.Cache, db *sql.DB, end func()) {
	dsn, remove := blog.New()
	cache, err := cacheops.New(cacheops.Config{Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}}})
	check(err)
	db, err = sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	check(err)
	return cache, db, func() {
		check(db.Close())
		check(cache.Close())
		remove()
	}
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		panic(err) // an Example has nobody to give an error to
	}
}
