package httpcache

import (
	"encoding/binary"
	"net/http"
	"net/url"
	"strings"
)

// The headers of a proxy, with Config.TrustForwarded.
const (
	forwardedProto = "X-Forwarded-Proto"
	forwardedHost  = "X-Forwarded-Host"
)

// appendText appends a text so that it is told apart from what follows.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendGroup appends what all pages of an URI are dropped by. It may be the same for two
// URIs: then they are dropped together.
func appendGroup(b []byte, scheme, host, path, query string) []byte {
	if path == "" {
		path = "/"
	}
	b = appendText(b, scheme)
	b = appendText(b, host)
	b = appendText(b, path)
	return appendText(b, query)
}

// groupOf returns the group of an absolute URI, as a program writes it.
func groupOf(u *url.URL) []byte {
	return appendGroup(nil, u.Scheme, canonicalHost(u.Scheme, u.Host), u.Path, u.RawQuery)
}

// canonicalHost returns a host in lower case, without the port that goes without saying,
// and without the dot at the end of a full name.
func canonicalHost(scheme, host string) string {
	plain := host == "" || host[len(host)-1] != '.' && host[len(host)-1] != ':'
	for i := 0; plain && i < len(host); i++ {
		plain = host[i] < 'A' || host[i] > 'Z'
	}
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	if plain && !strings.HasSuffix(host, port) {
		return host
	}
	host = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(host), port), ":")
	return strings.TrimSuffix(host, ".")
}

// The parts of a key that are there only where they say something.
const (
	partTLS byte = 1 << iota
	partHost
	partName
	partURL
)

// appendURI appends the group of a request, and returns where it ends, and what else of
// the request's URI a handler can see. The host is the one that the handler is shown.
func (s *settings) appendURI(b []byte, r *http.Request) (key []byte, end int, host, reason string) {
	scheme, host := s.scheme, s.host
	if scheme == "" {
		scheme, host = "http", r.Host
		if r.TLS != nil {
			scheme = "https"
		}
	}
	outside := host
	if s.TrustForwarded {
		if scheme, outside, reason = forwarded(r, scheme, outside); reason != "" {
			return nil, 0, "", reason
		}
	}
	canonical := canonicalHost(scheme, outside)
	var parts byte
	plain := isPlain(r)
	if plain {
		b = appendGroup(b, scheme, canonical, r.URL.Path, r.URL.RawQuery)
	} else {
		parts |= partURL
		path, query := asked(r)
		b = appendGroup(b, scheme, canonical, path, query)
	}
	end = len(b)
	if r.TLS != nil {
		parts |= partTLS
		if r.TLS.ServerName != host {
			parts |= partName
		}
	}
	if host != canonical {
		parts |= partHost
	}
	b = append(b, parts)
	if parts&partName != 0 {
		b = appendText(b, r.TLS.ServerName)
	}
	if parts&partHost != 0 {
		b = appendText(b, host)
	}
	if !plain {
		b = appendURL(appendText(b, r.RequestURI), r.URL)
	}
	return b, end, host, ""
}

// isPlain reports whether the path and the query of a request are all that there is of its
// URI, in that form.
func isPlain(r *http.Request) bool {
	u := r.URL
	if u.Scheme != "" || u.Opaque != "" || u.User != nil || u.Host != "" || u.RawPath != "" || u.ForceQuery || u.OmitHost ||
		u.Fragment != "" || u.RawFragment != "" || u.Path == "" {
		return false
	}
	rest, ok := strings.CutPrefix(r.RequestURI, u.Path)
	switch {
	case !ok:
		return false
	case u.RawQuery == "":
		return rest == ""
	default:
		return len(rest) == len(u.RawQuery)+1 && rest[0] == '?' && rest[1:] == u.RawQuery
	}
}

// asked returns the path and the query that the client asked for, whatever middleware has
// made of them.
func asked(r *http.Request) (path, query string) {
	if r.RequestURI == "" { // made by the program
		return r.URL.Path, r.URL.RawQuery
	}
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return r.RequestURI, ""
	}
	return u.Path, u.RawQuery
}

// appendURL appends everything that an URL holds.
func appendURL(b []byte, u *url.URL) []byte {
	for _, text := range []string{u.Scheme, u.Opaque, u.User.String(), u.Host, u.Path, u.RawPath, u.RawQuery, u.Fragment, u.RawFragment} {
		b = appendText(b, text)
	}
	var flags byte
	if u.ForceQuery {
		flags |= 1
	}
	if u.OmitHost {
		flags |= 2
	}
	if u.User != nil { // one that is empty is another than none
		flags |= 4
	}
	return append(b, flags)
}

// forwarded returns the scheme and the host that a proxy tells.
func forwarded(r *http.Request, scheme, host string) (schemeOut, hostOut, reason string) {
	const wrong = "a header X-Forwarded-Proto or X-Forwarded-Host cannot be read"
	switch protos := r.Header[forwardedProto]; {
	case len(protos) == 0:
	case len(protos) == 1 && (protos[0] == "http" || protos[0] == "https"):
		scheme = protos[0]
	default:
		return "", "", wrong
	}
	switch hosts := r.Header[forwardedHost]; {
	case len(hosts) == 0:
	case len(hosts) == 1 && hosts[0] != "" && !strings.ContainsAny(hosts[0], ", \t/@"):
		host = hosts[0]
	default:
		return "", "", wrong
	}
	return scheme, host, ""
}
