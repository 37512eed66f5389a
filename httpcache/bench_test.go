package httpcache_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// browser is a request as a browser sends it, behind a proxy.
const browser = "GET /news?page=2 HTTP/1.1\r\nHost: www.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n" +
	"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n\r\n"

// nowhere is a response that goes nowhere.
type nowhere struct {
	h http.Header
	n int
}

func (w *nowhere) Header() http.Header         { return w.h }
func (w *nowhere) Write(b []byte) (int, error) { w.n += len(b); return len(b), nil }
func (w *nowhere) WriteHeader(int)             {}

func BenchmarkPage(b *testing.B) {
	body := bytes.Repeat([]byte("<p>text</p>\n"), 800)
	constant := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = w.Write(body)
	})
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer cache.Close()
	for name, h := range map[string]http.Handler{"constant": constant, "cached": httpcache.New(cache, httpcache.Config{})(constant)} {
		b.Run(name, func(b *testing.B) {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(browser)))
			if err != nil {
				b.Fatal(err)
			}
			w := &nowhere{h: make(http.Header)}
			h.ServeHTTP(w, r)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.h)
				h.ServeHTTP(w, r)
			}
			if w.n%len(body) != 0 {
				b.Errorf("%d bytes", w.n)
			}
		})
	}
}
