package httpcache

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// The reasons why a request takes no part.
const (
	reasonBody        = "the request has a body"
	reasonCookies     = "the request has cookies"
	reasonCredentials = "the request has credentials"
	reasonConditions  = "the request asks for a range or under a condition"
	reasonUpgrade     = "the request asks for an upgrade"
	reasonNoStore     = "the request says no-store"
	reasonExtra       = "what Config.Extra returned cannot be a part of a key"
)

// nobody is the address of clients that the handler is shown. It is a valid one, so that
// handlers can read it, and neither of the machine nor of a private network.
const nobody = "0.0.0.0:0"

// admits returns why a request takes no part, by what is in its headers. Learned are those
// that pages of its URI are told apart by besides the settings.
func (s *settings) admits(r *http.Request, learned []string) (reason string) {
	if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return reasonBody
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 && s.Credentials != CredentialsInExtra {
		return reasonCredentials
	}
	for name, values := range r.Header {
		switch {
		case hides(name):
			if name == "Cache-Control" && slices.ContainsFunc(values, func(v string) bool { return strings.Contains(strings.ToLower(v), "no-store") }) {
				return reasonNoStore
			}
		case s.known[name]:
		case name == "Cookie":
			if s.Credentials == PassCredentials || s.Credentials == HideCookies && slices.Contains(learned, name) {
				return reasonCookies
			}
		case name == "Authorization" || name == "Proxy-Authorization":
			if s.Credentials != CredentialsInExtra {
				return reasonCredentials
			}
		case conditions(name):
			return reasonConditions
		case name == "Upgrade":
			return reasonUpgrade
		case slices.Contains(learned, name):
		default:
			return "the request has the header " + name + ": name it in httpcache.Config.Vary or Unkeyed"
		}
	}
	return ""
}

// conditions reports whether a header asks for a part, or under a condition that pages
// are not tried by.
func conditions(name string) bool {
	switch name {
	case "Range", "If-Range", "If-Match", "If-Unmodified-Since":
		return true
	}
	return false
}

// hides reports whether a header is one of those that clients and proxies send with any
// request, and that seldom decide a page. A handler whose page may be kept is not shown
// them, unless pages are told apart by them.
func hides(name string) bool {
	switch name {
	case "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Dnt",
		"Early-Data", "From", "If-Modified-Since", "If-None-Match", "Keep-Alive", "Origin", "Pragma", "Priority", "Proxy-Connection",
		"Purpose", "Referer", "Save-Data", "Te", "Upgrade-Insecure-Requests", "User-Agent",
		// Proxies.
		"Cdn-Loop", "Cf-Connecting-Ip", "Cf-Connecting-Ipv6", "Cf-Ew-Via", "Cf-Ipcountry", "Cf-Ray", "Cf-Visitor", "Cf-Warp-Tag-Id",
		"Cloudfront-Forwarded-Proto", "Cloudfront-Viewer-Country", "Fastly-Client-Ip", "Fastly-Ssl", "Forwarded", "Fly-Client-Ip",
		"Fly-Forwarded-Port", "Fly-Region", "Fly-Request-Id", "True-Client-Ip", "Via", "X-Amz-Cf-Id", "X-Amzn-Trace-Id",
		"X-Appengine-User-Ip", "X-Azure-Clientip", "X-Azure-Ref", "X-Azure-Socketip", "X-Client-Ip", "X-Cluster-Client-Ip",
		"X-Envoy-Expected-Rq-Timeout-Ms", "X-Envoy-External-Address", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
		"X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Original-Forwarded-For",
		"X-Real-Ip", "X-Scheme", "X-Varnish",
		// Traces.
		"B3", "Baggage", "Sentry-Trace", "Traceparent", "Tracestate", "Uber-Trace-Id", "X-Cloud-Trace-Context", "X-Correlation-Id",
		"X-Request-Id", "X-Request-Start", "X-Trace-Id":
		return true
	}
	return strings.HasPrefix(name, "Sec-Ch-") || strings.HasPrefix(name, "Sec-Fetch-") || strings.HasPrefix(name, "X-B3-") ||
		name == "Sec-Gpc" || name == "Sec-Purpose"
}

// appendValues appends the values that a request has of headers.
func appendValues(b []byte, h http.Header, names []string) []byte {
	for _, name := range names {
		values := h[name]
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			b = appendText(b, v)
		}
	}
	return b
}

// show returns the request that the handler is shown: what the page is told apart by, and
// nothing else of the client.
func (s *settings) show(ctx context.Context, r *http.Request, host string, learned []string) *http.Request {
	shown := r.WithContext(ctx)
	u := *r.URL
	shown.URL = &u
	shown.Method = http.MethodGet
	shown.Host = host
	shown.Header = make(http.Header)
	for _, names := range [][]string{s.vary, learned, s.shown} {
		for _, name := range names {
			if values, has := r.Header[name]; has {
				shown.Header[name] = slices.Clone(values)
			}
		}
	}
	shown.Proto, shown.ProtoMajor, shown.ProtoMinor = "HTTP/1.1", 1, 1
	shown.Body, shown.ContentLength, shown.GetBody = http.NoBody, 0, nil
	shown.TransferEncoding, shown.Trailer, shown.Close = nil, nil, false
	shown.Form, shown.PostForm, shown.MultipartForm = nil, nil, nil // what middleware outside made of them
	shown.RemoteAddr = nobody
	if r.TLS != nil && s.Credentials != CredentialsInExtra {
		shown.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.TLS.ServerName}
	}
	return shown
}

// shows reports whether the handler was shown a header.
func (s *settings) shows(name string, learned []string) bool {
	return slices.Contains(s.vary, name) || slices.Contains(s.shown, name) || slices.Contains(learned, name)
}
