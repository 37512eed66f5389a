package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cacheops/cacheops/httpcache"
)

// The names of the contenders of pages.
const (
	constantPage   = "net/http handler with a constant body"
	cachedPage     = "cacheops page"
	constantServed = constantPage + ", through a connection"
	cachedServed   = cachedPage + ", through a connection"
	redisPage      = "cacheops page in Redis, of ten queries"
	redisPageOfOne = "cacheops page in Redis, of one query"
	rawGetOfOne    = "rueidis: GET of the entry, of one query"
)

// pageQueries is how many queries a page is made from, and pageLines how long it is.
const (
	pageQueries = 10
	pageLines   = 200
)

// browserRequest is a request as a browser sends it, behind a proxy.
const browserRequest = "GET /posts?category=20 HTTP/1.1\r\nHost: www.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n" +
	"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\n" +
	"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n\r\n"

// pages are handlers that send one page: made from queries and kept, and constant.
type pages struct {
	site             *site
	cached, constant http.Handler
	body             []byte
}

// newPages makes them of a page that is made from so many queries.
func newPages(ctx context.Context, s *site, queries int) (*pages, error) {
	p := &pages{site: s}
	p.cached = httpcache.New(s.cache, httpcache.Config{Name: fmt.Sprint("posts by ", queries)})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := range int64(queries) {
			posts, err := listPosts(r.Context(), s.cached, hotCategory-i)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			for j := range pageLines / queries {
				post := &posts[j%len(posts)]
				fmt.Fprintf(w, "<li>%s by %d</li>\n", post.Title, post.ID)
			}
		}
	}))
	w := httptest.NewRecorder()
	r, err := p.request()
	if err != nil {
		return nil, err
	}
	p.cached.ServeHTTP(w, r.WithContext(ctx))
	if p.body = w.Body.Bytes(); w.Code != http.StatusOK {
		return nil, fmt.Errorf("the page is an error: %s", p.body)
	}
	p.constant = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(p.body)
	})
	return p, nil
}

func (p *pages) request() (*http.Request, error) {
	return http.ReadRequest(bufio.NewReader(strings.NewReader(browserRequest)))
}

// nowhere is a response that goes nowhere.
type nowhere struct {
	h http.Header
	n int
}

func (w *nowhere) Header() http.Header         { return w.h }
func (w *nowhere) Write(b []byte) (int, error) { w.n += len(b); return len(b), nil }
func (w *nowhere) WriteHeader(int)             {}

// calling is a contender's run that calls a handler.
func (p *pages) calling(h http.Handler) (func(int) error, error) {
	r, err := p.request()
	if err != nil {
		return nil, err
	}
	w := &nowhere{h: make(http.Header)}
	return again(func() error {
		clear(w.h)
		w.n = 0
		h.ServeHTTP(w, r)
		return expect(len(p.body), w.n, nil)
	}), nil
}

// served is a handler behind a connection.
type served struct {
	server *httptest.Server
	client *http.Client
}

func serve(h http.Handler) *served {
	s := httptest.NewServer(h)
	return &served{server: s, client: s.Client()}
}

// get is a contender's run that asks for the page.
func (s *served) get(ctx context.Context, size int) func(int) error {
	return again(func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/posts?category=20", nil)
		if err != nil {
			return err
		}
		resp, err := s.client.Do(r)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, resp.Body)
		return expect(size, int(n), errors.Join(err, resp.Body.Close()))
	})
}

// wereHits returns an error unless the page was made once for each host.
func (p *pages) wereHits(hosts uint64) func() error {
	return func() error {
		if n := p.site.cache.Stats().Funcs; n.Misses != hosts || n.Uncached > 0 || n.Hits == 0 {
			return fmt.Errorf("%+v: these were no hits", n)
		}
		return nil
	}
}

// pageHits asks for a page in process.
func pageHits(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	p, err := newPages(ctx, s, pageQueries)
	if err != nil {
		return nil, closeAfter(err, s.close)
	}
	constant, err := p.calling(p.constant)
	if err != nil {
		return nil, closeAfter(err, s.close)
	}
	cached, err := p.calling(p.cached)
	if err != nil {
		return nil, closeAfter(err, s.close)
	}
	servedConstant, servedCached := serve(p.constant), serve(p.cached)
	return &group{
		about: fmt.Sprintf("A page of %d bytes that was made from %d queries, for a request as a browser sends it behind a proxy. "+
			"The handlers are called with a response that goes nowhere; through a connection, the client is in the same process.", len(p.body), pageQueries),
		contenders: []contender{
			{name: constantPage, run: constant},
			{name: cachedPage, run: cached},
			{name: constantServed, waits: true, run: servedConstant.get(ctx, len(p.body))},
			{name: cachedServed, waits: true, run: servedCached.get(ctx, len(p.body))},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				info("page: its time", s.time(cachedPage), micros),
				limited("page: added to a handler with a constant body", s.added(cachedPage, constantPage), micros, 1.5),
				info("page: allocations above that handler", s.allocsAbove(cachedPage, constantPage), count),
				info("page through a connection: beside that handler", s.ratio(cachedServed, constantServed), times),
			}, nil
		},
		check: p.wereHits(2),
		close: closing(quietly(servedConstant.server.Close), quietly(servedCached.server.Close), s.close),
	}, nil
}

// redisPages asks for pages in Redis.
func redisPages(ctx context.Context, z sizes) (_ *group, err error) {
	s, err := openRedis(ctx, siteConfig{rows: z.rows}, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = closeAfter(err, s.close)
		}
	}()
	var ofOne, ofTen *pageInRedis
	if ofOne, err = s.page(ctx, 1); err != nil {
		return nil, err
	}
	if ofTen, err = s.page(ctx, pageQueries); err != nil {
		return nil, err
	}
	return &group{
		about: fmt.Sprintf("Pages of that size in Redis. The entry of that of one query has %d bytes, and a hit reads %d keys with one MGET; that of ten queries %d and %d. "+
			"The client beside it is that of the hits of rows.", ofOne.size, len(ofOne.keys), ofTen.size, len(ofTen.keys)),
		contenders: []contender{
			{name: rawGetOfOne, waits: true, run: again(s.get(ctx, ofOne.key, ofOne.size))},
			{name: redisPageOfOne, waits: true, run: ofOne.calls},
			{name: rawGet, waits: true, run: again(s.get(ctx, ofTen.key, ofTen.size))},
			{name: rawMget, waits: true, run: again(s.mget(ctx, ofTen.keys))},
			{name: redisPage, waits: true, run: ofTen.calls},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				info("page of one query in Redis: its time", s.time(redisPageOfOne), micros),
				limited("page of one query in Redis, beside a GET of the same bytes", s.ratio(redisPageOfOne, rawGetOfOne), times, 1.25),
				limited("page of ten queries in Redis, beside a GET of the same bytes", s.ratio(redisPage, rawGet), times, 1.25),
				info("page of ten queries in Redis: an MGET of what it reads, beside that GET", s.ratio(rawMget, rawGet), times),
				limited("page of ten queries in Redis: commands for a hit", exactly(float64(ofTen.commands)), count, 1),
			}, nil
		},
		check: ofOne.wereHits(2), // of both
		close: s.close,
	}, nil
}

// pageInRedis is a page that is kept in Redis.
type pageInRedis struct {
	*pages

	oneEntry
	calls    func(int) error
	commands int // that a hit sends
}

// page makes one of so many queries.
func (s *redisSite) page(ctx context.Context, queries int) (out *pageInRedis, err error) {
	out = new(pageInRedis)
	if out.pages, err = newPages(ctx, s.site, queries); err != nil {
		return nil, err
	}
	if out.calls, err = out.calling(out.cached); err != nil {
		return nil, err
	}
	hit := func() error { return out.calls(1) }
	if out.oneEntry, err = s.oneEntry(ctx, hit); err != nil {
		return nil, err
	}
	sent, err := s.slowLog(ctx, hit)
	for _, c := range sent {
		switch c.words[0] {
		case "INFO", "SLOWLOG", "CONFIG": // of the link, and of ours
		default:
			out.commands++
		}
	}
	return out, err
}
