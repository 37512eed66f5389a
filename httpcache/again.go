package httpcache

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// vary learns what the page varies by, whoever says so: what middleware outside has read
// of the request, a language for one, the handler may have by its context. Where the
// request had something of it that the handler was not shown, the handler has to run again.
func (c *recorder) vary() {
	names, ok := varied(c.header["Vary"])
	if !ok {
		c.refuse(reasonVary)
	}
	s := c.handler.settings
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(s.vary, name) || slices.Contains(c.learned, name) || s.Credentials == CredentialsInExtra && isCredential(name) ||
			isOutside(name) && !slices.Contains(c.own(), name)
	})
	if len(names) == 0 {
		return
	}
	if !c.handler.varies.add(c.group, names) {
		c.refuse(reasonVary)
		return
	}
	c.refuse(reasonLearned)
	c.again = slices.ContainsFunc(names, func(name string) bool {
		_, has := c.request.Header[name]
		return has && !s.shows(name, c.learned)
	})
}

// own returns what the handler itself says that the page varies by.
func (c *recorder) own() []string {
	for i := range c.changes {
		if c.changes[i].name == "Vary" {
			names, _ := varied(c.changes[i].values)
			return names
		}
	}
	return nil
}

// isOutside reports whether middleware outside that varies by a header does so itself, each
// time, with what the handler has made: compression, and access from other sites.
func isOutside(name string) bool {
	return name == "Accept-Encoding" || name == "Origin" || strings.HasPrefix(name, "Access-Control-")
}

// errAgain is for handlers whose response has no end, and of which nobody will see any:
// they run again.
var errAgain = errors.New("cacheops: the handler runs again, with the headers that its response varies by")

// drop counts what is of no use to the client, and ends what may have no end.
func (c *recorder) drop(n int) (int, error) {
	c.dropped += n
	if c.again && c.dropped > c.handler.maxBytes {
		c.stop()
		return 0, errAgain
	}
	return n, nil
}

// writerFunc is a function that is an [io.Writer].
type writerFunc func([]byte) (int, error)

// Write implements [io.Writer].
func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// dropper is the writer of a handler that runs again. It has nothing under it.
type dropper struct{ c *recorder }

// Header implements [http.ResponseWriter].
func (d dropper) Header() http.Header { return d.c.Header() }

// WriteHeader implements [http.ResponseWriter].
func (dropper) WriteHeader(int) {}

// Write implements [http.ResponseWriter].
func (d dropper) Write(b []byte) (int, error) { return d.c.Write(b) }
