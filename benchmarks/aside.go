package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"
)

// What cache-aside code by hand sets.
const (
	asideEntries = 100_000
	asideTTL     = time.Hour
)

// newAside makes the cache that hand-written cache-aside code uses, bounded and
// with a TTL.
func newAside[V any]() (*otter.Cache[string, V], error) {
	c, err := otter.New(&otter.Options[string, V]{
		MaximumSize: asideEntries, ExpiryCalculator: otter.ExpiryWriting[string, V](asideTTL),
	})
	if err != nil {
		return nil, fmt.Errorf("make a cache: %w", err)
	}
	return c, nil
}

// structAside is cache-aside code that keeps the program's own structs: the
// fastest that there is, for values that never leave the process.
type structAside struct {
	db    *sql.DB
	posts *otter.Cache[string, Post]
	lists *otter.Cache[string, []Post]
}

func newStructAside(db *sql.DB) (*structAside, error) {
	posts, err := newAside[Post]()
	if err != nil {
		return nil, err
	}
	lists, err := newAside[[]Post]()
	return &structAside{db: db, posts: posts, lists: lists}, err
}

// post reads the post of that id into p. Each caller gets a copy.
func (a *structAside) post(ctx context.Context, id int64, p *Post) error {
	key := postKey(id)
	if found, ok := a.posts.GetIfPresent(key); ok {
		*p = found
		return nil
	}
	// Readers who miss at once ask once.
	loaded, err := a.posts.Get(ctx, key, otter.LoaderFunc[string, Post](func(ctx context.Context, _ string) (Post, error) {
		var out Post
		err := loadPost(ctx, a.db, id, &out)
		return out, err
	}))
	*p = loaded
	return err
}

// list returns the posts of a category. Each caller gets a copy, which it may
// sort and change.
func (a *structAside) list(ctx context.Context, category int64) ([]Post, error) {
	key := listKey(category)
	if found, ok := a.lists.GetIfPresent(key); ok {
		return slices.Clone(found), nil
	}
	loaded, err := a.lists.Get(ctx, key, otter.LoaderFunc[string, []Post](func(ctx context.Context, _ string) ([]Post, error) {
		return listPosts(ctx, a.db, category)
	}))
	return slices.Clone(loaded), err
}

func (a *structAside) close() {
	a.posts.StopAllGoroutines()
	a.lists.StopAllGoroutines()
}

// jsonAside is cache-aside code that keeps JSON, so that the cache can also be
// one outside the process.
type jsonAside struct {
	db    *sql.DB
	cache *otter.Cache[string, []byte]
}

func newJSONAside(db *sql.DB) (*jsonAside, error) {
	cache, err := newAside[[]byte]()
	return &jsonAside{db: db, cache: cache}, err
}

// post reads the post of that id into p.
func (a *jsonAside) post(ctx context.Context, id int64, p *Post) error {
	key := postKey(id)
	text, ok := a.cache.GetIfPresent(key)
	if !ok {
		var err error
		text, err = a.cache.Get(ctx, key, otter.LoaderFunc[string, []byte](func(ctx context.Context, _ string) ([]byte, error) {
			var loaded Post
			if err := loadPost(ctx, a.db, id, &loaded); err != nil {
				return nil, err
			}
			return json.Marshal(&loaded)
		}))
		if err != nil {
			return err
		}
	}
	if err := json.Unmarshal(text, p); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	return nil
}

// list returns the posts of a category.
func (a *jsonAside) list(ctx context.Context, category int64) ([]Post, error) {
	key := listKey(category)
	text, ok := a.cache.GetIfPresent(key)
	if !ok {
		var err error
		text, err = a.cache.Get(ctx, key, otter.LoaderFunc[string, []byte](func(ctx context.Context, _ string) ([]byte, error) {
			loaded, err := listPosts(ctx, a.db, category)
			if err != nil {
				return nil, err
			}
			return json.Marshal(loaded)
		}))
		if err != nil {
			return nil, err
		}
	}
	posts := make([]Post, 0, listed)
	if err := json.Unmarshal(text, &posts); err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return posts, nil
}

func (a *jsonAside) close() { a.cache.StopAllGoroutines() }

func postKey(id int64) string { return "post:" + strconv.FormatInt(id, 10) }

func listKey(category int64) string { return "posts:category:" + strconv.FormatInt(category, 10) }

// loadPost reads one post from the database.
func loadPost(ctx context.Context, db *sql.DB, id int64, p *Post) error {
	n, err := readPosts(ctx, db, selectPost, id, p)
	if err == nil && n == 0 {
		err = otter.ErrNotFound
	}
	return err
}
