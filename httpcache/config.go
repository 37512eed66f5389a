package httpcache

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cacheops/cacheops"
)

// Config says which pages are kept, and how. Its zero value is valid. It is copied; the
// functions in it are called by many goroutines.
type Config struct {
	// TTL is how long a page is kept. 0 leaves it to what the page is made from: the
	// smallest of the tables' profiles, or that of Config.Defaults of the cache. A page
	// that says itself by Cache-Control or Expires how long it is fresh is kept no longer.
	TTL time.Duration
	// Lock has one process at a time make a page, see [cacheops.Lock].
	Lock bool

	// DependsOn says what a page depends on, in place of the queries that it makes, see
	// [cacheops.DependsOn]. It is given the request that the handler is shown. Nil: the
	// queries count.
	DependsOn func(*http.Request) []cacheops.Dep
	// TTLOnly has pages depend on nothing: only their time ends them, and [Invalidate].
	TTLOnly bool
	// KeepIn keeps the pages in another place than the cache's store, such as the folder
	// of package filecache. They depend on nothing but their time then. Use
	// [InvalidateKept] in place of [Invalidate].
	KeepIn cacheops.Keeper

	// Name tells the pages of a handler apart from those of others that answer the same
	// URI. "" is the name of the function or the type of the handler, in Go.
	Name string
	// Version tells the pages of a program's code apart from those of its code before. It
	// is a part of keys.
	Version string

	// Origin is the site's own scheme and host, as in "https://example.com". Requests are
	// taken for requests to it, whatever host they name, and the handler is shown that host.
	// "" takes them from the request: the scheme from the connection, the host from the
	// header Host.
	Origin string
	// TrustForwarded takes scheme and host from the headers X-Forwarded-Proto and
	// X-Forwarded-Host where there are any. Set it only behind a proxy that sets or
	// removes both. It excludes Origin.
	TrustForwarded bool

	// Vary are request headers that decide a page: it is told apart by their values, and
	// the handler is shown them. What pages name in their own header Vary is learned.
	Vary []string
	// Unkeyed are request headers that the handler is shown although pages are not told
	// apart by them: those that decide nothing of a page, such as the id of a trace. Those
	// that tell users apart cannot be among them.
	Unkeyed []string
	// Extra returns what else pages are told apart by, of a type that may be an argument
	// of a [cacheops.Func]. It is given the request as it came. Nil: nothing.
	Extra func(*http.Request) any
	// Credentials says what becomes of requests that tell users apart.
	Credentials Credentials

	// Statuses are those of responses that are kept: 200 to 599, but not 206 and 304. Nil
	// means 200, 204, 301, 308, 404 and 410.
	Statuses []int
	// MaxBytes bounds the body of a page. A larger one is passed on while it is made. 0
	// means Config.MaxEntryBytes of the cache, which bounds the page with its headers in
	// any case.
	MaxBytes int
	// IgnoreCacheControl keeps pages whatever their headers Cache-Control, Expires and
	// Pragma say.
	IgnoreCacheControl bool
	// DropSetCookie keeps pages that set cookies, without them: only the client gets them
	// that the page was made for.
	DropSetCookie bool
}

// Credentials says what becomes of requests that tell users apart: by cookies, by the
// header Authorization, by a client certificate.
type Credentials uint8

// What becomes of them.
const (
	// PassCredentials has the handler answer them, and keeps nothing. It is the default.
	PassCredentials Credentials = iota
	// HideCookies says that cookies do not matter. Requests that have some get the page
	// that others get, and the handler is not shown them. It is shown them where a page says
	// that it varies by them; that is not kept. Others are as with PassCredentials.
	HideCookies
	// CredentialsInExtra says that Config.Extra stands for them: all that they decide of a
	// page has to be in it. The handler is shown them.
	CredentialsInExtra
)

// Validate returns what is wrong with the settings. New logs it, and keeps nothing then.
func (c Config) Validate() error {
	_, err := c.compile()
	return err
}

// settings are a Config in the form that requests need.
type settings struct {
	Config

	scheme, host string   // of the Origin; empty: those of the request
	vary         []string // sorted, in canonical form
	shown        []string // besides: those of Unkeyed, and what Extra stands for
	known        map[string]bool
	statuses     [600]bool
	varies       learned // by all handlers: some frameworks make one for each request
}

// defaultStatuses are those that HTTP has caches keep without being told, but those of
// parts, of choices and of errors in the request.
var defaultStatuses = []int{
	http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently, http.StatusPermanentRedirect, http.StatusNotFound, http.StatusGone,
}

func (c Config) compile() (*settings, error) {
	s := &settings{Config: c, known: make(map[string]bool)}
	switch {
	case c.TTL < 0:
		return nil, fmt.Errorf("cacheops: httpcache.Config.TTL is %v: use a positive time, or 0 for that of the tables", c.TTL)
	case c.MaxBytes < 0:
		return nil, fmt.Errorf("cacheops: httpcache.Config.MaxBytes is %d: use a positive number, or 0 for the default", c.MaxBytes)
	case c.DependsOn != nil && (c.TTLOnly || c.KeepIn != nil):
		return nil, errors.New("cacheops: httpcache.Config.DependsOn excludes TTLOnly and KeepIn: leave one of them out")
	case c.Credentials > CredentialsInExtra:
		return nil, fmt.Errorf("cacheops: httpcache.Config.Credentials is %d: use PassCredentials, HideCookies or CredentialsInExtra", c.Credentials)
	case c.Credentials == CredentialsInExtra && c.Extra == nil:
		return nil, errors.New("cacheops: httpcache.Config.Credentials is CredentialsInExtra, so Extra must be set")
	case c.Origin != "" && c.TrustForwarded:
		return nil, errors.New("cacheops: httpcache.Config.Origin and TrustForwarded exclude each other: leave one of them out")
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || !isWeb(u) || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
			return nil, fmt.Errorf("cacheops: httpcache.Config.Origin is %q: use a scheme and a host, as in \"https://example.com\"", c.Origin)
		}
		s.scheme, s.host = u.Scheme, canonicalHost(u.Scheme, u.Host)
	}
	if err := s.headers(); err != nil {
		return nil, err
	}
	return s, s.allow()
}

// headers sorts out the headers that are named.
func (s *settings) headers() error {
	named := func(field string, list []string) (out []string, err error) {
		for _, name := range list {
			canonical := textproto.CanonicalMIMEHeaderKey(name)
			if !isToken(name) || conditions(canonical) {
				return nil, fmt.Errorf("cacheops: httpcache.Config.%s has %q, which cannot be one: leave it out", field, name)
			}
			out = append(out, canonical)
			s.known[canonical] = true
		}
		slices.Sort(out)
		return slices.Compact(out), nil
	}
	var err error
	if s.vary, err = named("Vary", s.Vary); err != nil {
		return err
	}
	if s.TrustForwarded {
		s.vary = append(s.vary, forwardedProto, forwardedHost)
		slices.Sort(s.vary)
		s.vary = slices.Compact(s.vary)
	}
	if s.shown, err = named("Unkeyed", s.Unkeyed); err != nil {
		return err
	}
	if i := slices.IndexFunc(s.shown, isCredential); i >= 0 {
		return fmt.Errorf("cacheops: httpcache.Config.Unkeyed has %q, which tells users apart: name it in Vary, or use CredentialsInExtra", s.shown[i])
	}
	if s.Credentials == CredentialsInExtra {
		s.shown = append(s.shown, "Cookie", "Authorization", "Proxy-Authorization")
	}
	return nil
}

// allow sorts out the statuses that are kept.
func (s *settings) allow() error {
	list := s.Statuses
	if list == nil {
		list = defaultStatuses
	}
	for _, status := range list {
		if status < 200 || status > 599 || status == http.StatusPartialContent || status == http.StatusNotModified {
			return fmt.Errorf("cacheops: httpcache.Config.Statuses has %d: use statuses from 200 to 599, but not 206 and 304", status)
		}
		s.statuses[status] = true
	}
	return nil
}

// isWeb reports whether an URL is an absolute one of the web.
func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

// isToken reports whether a text may be the name of a header.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}
