package httpcache

import (
	"net/http"
	"net/textproto"
	"strings"
	"time"
)

// notModified reports whether the client has what it asks for, by If-None-Match, or
// without that by If-Modified-Since. Modified is in seconds, 0 where it is not known.
func notModified(r *http.Request, etag string, modified int64) bool {
	if tags, has := r.Header["If-None-Match"]; has {
		for _, tag := range tags {
			if matches(tag, etag) {
				return true
			}
		}
		return false
	}
	since := r.Header["If-Modified-Since"]
	if len(since) == 0 || modified == 0 {
		return false
	}
	at, err := http.ParseTime(since[0])
	return err == nil && modified <= at.Unix()
}

// matches reports whether a list of entity tags holds one, by the weak comparison.
func matches(list, etag string) bool {
	if etag == "" {
		return false
	}
	if list == etag {
		return true
	}
	etag = strings.TrimPrefix(etag, "W/")
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "*" {
			return true
		}
		list = strings.TrimPrefix(list, "W/")
		if len(list) < 2 || list[0] != '"' {
			return false
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if list[:end+2] == etag {
			return true
		}
		list = list[end+2:]
	}
}

// lastModified reads the header of that name; zero where there is none.
func lastModified(h http.Header) (t time.Time) {
	if v := h["Last-Modified"]; len(v) == 1 {
		if at, err := http.ParseTime(textproto.TrimString(v[0])); err == nil && at.Unix() > 0 {
			return at
		}
	}
	return t
}
