package httpcache

import (
	"mime"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The reasons why a response is not kept.
const (
	reasonStatus     = "the response has a status that is not kept"
	reasonSetCookie  = "the response sets a cookie"
	reasonControl    = "the response forbids it by Cache-Control, Expires or Pragma"
	reasonVary       = "the response varies by everything, or by more than can be told apart"
	reasonLearned    = "the response varies by headers that were not known to matter"
	reasonEvents     = "the response is a stream of events"
	reasonNonce      = "the response has a nonce in its Content-Security-Policy"
	reasonTrailers   = "the response has trailers"
	reasonHeader     = "the response has a header that is not valid"
	reasonCanonical  = "the response has a header whose name is not in canonical form: use Set and Add of http.Header"
	reasonValues     = "the response has too many headers"
	reasonSecond     = "the response was given a second status"
	reasonCut        = "the response ended early: what its body was read from failed"
	reasonFlush      = "the response is flushed before its end"
	reasonHijack     = "the connection is taken over"
	reasonUnwrap     = "the response is written past this package"
	reasonInterim    = "the response comes after an informational one"
	reasonLarge      = "the response is larger than Config.MaxBytes"
	reasonLength     = "the response has another length than its Content-Length"
	reasonEnded      = "the request ended before its response"
	reasonNothing    = "there was no response"
	reasonUnreadable = "what was stored could not be read"
)

// storable returns why a response is not kept, by its status and its headers, or for how
// long it says that it is fresh; 0 where it does not say that.
func (s *settings) storable(status int, h http.Header, changes []change) (fresh time.Duration, reason string) {
	switch {
	case status >= len(s.statuses) || !s.statuses[status]:
		return 0, reasonStatus
	case len(h["Trailer"]) > 0:
		return 0, reasonTrailers
	case isEvents(h):
		return 0, reasonEvents
	case slices.ContainsFunc(h["Content-Security-Policy"], hasNonce), slices.ContainsFunc(h["Content-Security-Policy-Report-Only"], hasNonce):
		return 0, reasonNonce
	}
	for name := range h {
		// The server sends it as it is, and here it would not be found.
		if textproto.CanonicalMIMEHeaderKey(name) != name {
			return 0, reasonCanonical
		}
	}
	values := 0
	for i := range changes {
		c := &changes[i]
		if c.name == "Set-Cookie" && (c.op == headerDelete || !s.DropSetCookie) {
			return 0, reasonSetCookie
		}
		if values += len(c.values); values > maxValues-ownValues {
			return 0, reasonValues
		}
		if !isToken(c.name) || slices.ContainsFunc(c.values, func(v string) bool { return strings.ContainsAny(v, "\r\n\x00") }) {
			return 0, reasonHeader
		}
	}
	if s.IgnoreCacheControl {
		return 0, ""
	}
	fresh, ok := freshness(h, time.Now())
	if !ok {
		return 0, reasonControl
	}
	return fresh, ""
}

// isEvents reports whether a response is a stream of events.
func isEvents(h http.Header) bool {
	for _, v := range h["Content-Type"] {
		if t, _, _ := mime.ParseMediaType(v); t == "text/event-stream" {
			return true
		}
	}
	return false
}

func hasNonce(policy string) bool { return strings.Contains(strings.ToLower(policy), "'nonce-") }

// freshness returns for how long a response says that it is fresh from now on, 0 where it
// does not say that, and false where it must not be kept.
func freshness(h http.Header, now time.Time) (fresh time.Duration, ok bool) {
	const unsaid = -1
	shared, private := unsaid, unsaid
	for _, v := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(v, ",") {
			name, value, _ := strings.Cut(textproto.TrimString(directive), "=")
			// What is no name ends it: "private; max-age=60" is meant to be private.
			if end := strings.IndexAny(name, " \t;"); end >= 0 {
				name = name[:end]
			}
			switch strings.ToLower(name) {
			case "private", "no-store", "no-cache": // with the names of fields too
				return 0, false
			case "max-age":
				private = least(private, seconds(value))
			case "s-maxage":
				shared = least(shared, seconds(value))
			}
		}
	}
	if shared != unsaid {
		private = shared
	}
	if private != unsaid {
		fresh = time.Duration(private)*time.Second - ageOf(h, now)
		return fresh, fresh > 0
	}
	if len(h["Cache-Control"]) == 0 && slices.ContainsFunc(h["Pragma"], func(v string) bool { return strings.Contains(strings.ToLower(v), "no-cache") }) {
		return 0, false
	}
	if expires := h["Expires"]; len(expires) > 0 {
		at, err := http.ParseTime(expires[0])
		if err != nil || !at.After(now) {
			return 0, false
		}
		return at.Sub(now), true
	}
	return 0, true
}

// least is the smaller one of what a directive says that stands there twice.
func least(before, now int) int {
	if before < 0 {
		return now
	}
	return min(before, now)
}

// ageOf returns how old a response is that came from another server, in whole seconds: by
// its Age, or by its Date where that says more.
func ageOf(h http.Header, now time.Time) (age time.Duration) {
	if v := h["Age"]; len(v) > 0 {
		age = time.Duration(seconds(v[0])) * time.Second
	}
	if v := h["Date"]; len(v) > 0 {
		if at, err := http.ParseTime(v[0]); err == nil {
			age = max(age, now.Sub(at).Truncate(time.Second))
		}
	}
	return age
}

// seconds reads a number of seconds, 0 where it cannot be read.
func seconds(text string) int {
	n, err := strconv.ParseUint(strings.Trim(textproto.TrimString(text), `"`), 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// parting splits the changes into those that are stored and those that the first client
// gets alone: what belongs to its connection, and cookies that are dropped.
func parting(h http.Header, changes []change) (stored, once []change) {
	var named []string // by the header Connection
	for _, v := range h["Connection"] {
		for name := range strings.SplitSeq(v, ",") {
			named = append(named, textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name)))
		}
	}
	for _, c := range changes {
		switch {
		case c.name == "Content-Length", c.name == "Age": // they are made anew
		case c.name == "Set-Cookie", isOfConnection(c.name), slices.Contains(named, c.name):
			once = append(once, c)
		default:
			stored = append(stored, c)
		}
	}
	return stored, once
}

// isOfConnection reports whether a header belongs to one connection.
func isOfConnection(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}
