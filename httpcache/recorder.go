package httpcache

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mode is what becomes of what a handler writes.
type mode uint8

const (
	holding  mode = iota // it is kept back until the handler returns
	passing              // it goes to the client
	dropping             // it is of no use to the client
)

// recorder is the http.ResponseWriter that a handler is given whose page may be kept. It
// holds the response back. As soon as it is known that the page will not be kept it passes
// everything on.
type recorder struct {
	w       http.ResponseWriter
	request *http.Request // as it came
	handler *handler
	group   []byte
	learned []string // what the handler is shown besides the settings
	giveUp  func()   // lets those go on who wait for the page

	before   http.Header // what the middleware outside has set
	mode     mode
	wrote    bool // the header is written
	status   int
	header   http.Header // as it was then
	changes  []change
	fresh    time.Duration
	body     []byte
	reason   string // why the page is not kept
	again    bool   // the handler has to run again: it has not seen what it looks at
	dropped  int    // bytes of it since then
	finished bool
	stop     context.CancelFunc // ends the handler's context
}

func newRecorder(w http.ResponseWriter) *recorder {
	return &recorder{w: w, before: w.Header().Clone()}
}

// errFinished is for those who write when their handler has returned.
var errFinished = errors.New("cacheops: the handler has returned: nothing can be written to its response")

// Header implements [http.ResponseWriter].
func (c *recorder) Header() http.Header { return c.w.Header() }

// WriteHeader implements [http.ResponseWriter].
func (c *recorder) WriteHeader(status int) {
	switch {
	case c.finished:
		return
	case c.wrote:
		if c.mode == holding && status != c.status {
			// It meant to answer something else, an error for one, and was too late.
			c.refuse(reasonSecond)
			c.pass()
		}
		if c.mode == passing {
			c.w.WriteHeader(status) // which logs it
		}
		return
	case c.mode == passing && status >= 200: // nobody holds it back anymore
		c.wrote = true
		c.w.WriteHeader(status)
		return
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		c.refuse(reasonInterim)
		if c.mode != dropping {
			c.w.WriteHeader(status)
		}
		return
	case status < 200 || status > 999:
		c.wrote = true
		c.refuse(reasonStatus)
		c.mode = passing
		c.w.WriteHeader(status) // which panics where there is no such status
		return
	}
	c.wrote, c.status, c.header = true, status, c.w.Header().Clone()
	c.changes = changesOf(c.before, c.header)
	if c.vary(); c.again {
		c.mode = dropping
		c.giveUp()
		if isEvents(c.header) {
			c.stop()
		}
		return
	}
	if c.reason == "" {
		c.fresh, c.reason = c.handler.storable(status, c.header, c.changes)
	}
	if c.reason != "" {
		c.pass()
	}
}

// isCredential reports whether a header tells users apart.
func isCredential(name string) bool {
	return name == "Cookie" || name == "Authorization" || name == "Proxy-Authorization"
}

// refuse says why the page is not kept. The first reason counts.
func (c *recorder) refuse(reason string) {
	if c.reason == "" {
		c.reason = reason
	}
	c.giveUp()
}

// pass sends what was held back, and from then on everything.
func (c *recorder) pass() {
	if c.mode != holding {
		return
	}
	c.giveUp()
	c.mode = passing
	if !c.wrote {
		return
	}
	now := c.w.Header()
	var later http.Header // what was changed since: it may be trailers
	if !maps.EqualFunc(now, c.header, slices.Equal) {
		later = now.Clone()
		replace(now, c.header)
	}
	if c.status == http.StatusOK && notModified(c.request, now.Get("ETag"), unix(lastModified(now))) {
		sendNotModified(c.w)
		c.mode = dropping
	} else {
		c.w.WriteHeader(c.status)
		if len(c.body) > 0 {
			_, _ = c.w.Write(c.body) // the next one tells
		}
	}
	c.body = nil
	if later != nil {
		replace(now, later)
	}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// replace makes a header hold what another one holds.
func replace(h, by http.Header) {
	clear(h)
	maps.Copy(h, by)
}

// begin writes the header that goes without saying, and returns an error where nothing
// can be written.
func (c *recorder) begin() error {
	if c.finished {
		return errFinished
	}
	if !c.wrote {
		c.WriteHeader(http.StatusOK)
	}
	return nil
}

// Write implements [http.ResponseWriter].
func (c *recorder) Write(b []byte) (int, error) {
	if err := c.begin(); err != nil {
		return 0, err
	}
	if c.hold(len(b)) {
		if c.status == http.StatusNoContent {
			return 0, http.ErrBodyNotAllowed
		}
		c.body = append(c.body, b...)
		return len(b), nil
	}
	if c.mode == dropping {
		return c.drop(len(b))
	}
	return c.w.Write(b)
}

// WriteString implements [io.StringWriter].
func (c *recorder) WriteString(s string) (int, error) {
	if err := c.begin(); err != nil {
		return 0, err
	}
	if c.hold(len(s)) {
		if c.status == http.StatusNoContent {
			return 0, http.ErrBodyNotAllowed
		}
		c.body = append(c.body, s...)
		return len(s), nil
	}
	if c.mode == dropping {
		return c.drop(len(s))
	}
	return io.WriteString(c.w, s)
}

// hold reports whether so many bytes more are held back. Where they are too many nothing
// is from then on.
func (c *recorder) hold(n int) bool {
	if c.mode == holding && n > c.handler.maxBytes-len(c.body) {
		c.refuse(reasonLarge)
		c.pass()
	}
	return c.mode == holding
}

// ReadFrom implements [io.ReaderFrom]: what is passed on the server may send by itself.
func (c *recorder) ReadFrom(src io.Reader) (n int64, err error) {
	if c.finished {
		return 0, errFinished
	}
	buf := make([]byte, 16<<10)
	for c.mode == holding {
		read, err := src.Read(buf)
		if read > 0 { // else the handler may still answer an error
			wrote, failed := c.Write(buf[:read])
			n += int64(wrote)
			if failed != nil {
				return n, failed
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			c.refuse(reasonCut)
			return n, err
		}
	}
	var to io.Writer = c.w
	if c.mode == dropping {
		to = writerFunc(func(b []byte) (int, error) { return c.drop(len(b)) })
	}
	rest, err := io.Copy(to, src)
	return n + rest, err
}

// Flush implements [http.Flusher].
func (c *recorder) Flush() { _ = c.FlushError() }

// FlushError is what [http.ResponseController] calls.
func (c *recorder) FlushError() error {
	if err := c.begin(); err != nil {
		return err
	}
	if c.mode == holding {
		c.refuse(reasonFlush)
		c.pass()
	}
	switch {
	case c.again:
		c.stop()
		return errAgain
	case c.mode == dropping:
		return nil
	}
	return http.NewResponseController(c.w).Flush()
}

// Hijack implements [http.Hijacker].
func (c *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if c.again {
		return nil, nil, errAgain
	}
	c.leave(reasonHijack)
	return http.NewResponseController(c.w).Hijack()
}

// Unwrap is for what this package does not know of. What is written to the writer that it
// returns cannot be kept.
func (c *recorder) Unwrap() http.ResponseWriter {
	if c.again {
		return dropper{c}
	}
	c.leave(reasonUnwrap)
	return c.w
}

// leave passes everything on from now on.
func (c *recorder) leave(reason string) {
	if c.finished || c.mode == passing {
		return
	}
	c.refuse(reason)
	c.pass()
	c.wrote = c.wrote || reason == reasonHijack
}

// SetReadDeadline is what [http.ResponseController] calls.
func (c *recorder) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(c.w).SetReadDeadline(t)
}

// SetWriteDeadline is what [http.ResponseController] calls.
func (c *recorder) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(c.w).SetWriteDeadline(t)
}

// EnableFullDuplex is what [http.ResponseController] calls.
func (c *recorder) EnableFullDuplex() error {
	return http.NewResponseController(c.w).EnableFullDuplex()
}

// finish ends the response when its handler has returned. It returns the page where it may
// be kept, and what only this client gets of its headers.
func (c *recorder) finish() (p *page, once []change) {
	if !c.wrote {
		// A framework may write its answer to an error when the handler has returned.
		c.refuse(reasonNothing)
		c.pass()
		return nil, nil
	}
	c.finished = true
	if c.mode != holding {
		return nil, nil
	}
	switch {
	case hasTrailers(c.w.Header()):
		c.refuse(reasonTrailers)
	case !c.hasLength():
		c.refuse(reasonLength)
	}
	if c.reason != "" {
		c.pass()
		return nil, nil
	}
	now := time.Now()
	p = &page{status: c.status, made: now.Add(-ageOf(c.header, now)), modified: lastModified(c.header), body: c.body}
	p.changes, once = parting(c.header, c.changes)
	if c.status == http.StatusOK && len(c.header["Etag"]) == 0 {
		p.changes = append(p.changes, change{op: headerSet, name: "Etag", values: []string{etagOf(c.body)}})
	}
	if c.status != http.StatusNoContent {
		p.changes = append(p.changes, change{op: headerSet, name: "Content-Length", values: []string{strconv.Itoa(len(c.body))}})
	}
	// What the server would do, so that a hit does not depend on how it does.
	if _, has := c.header["Content-Type"]; !has && len(c.body) > 0 && len(c.header["Content-Encoding"]) == 0 {
		p.changes = append(p.changes, change{op: headerSet, name: "Content-Type", values: []string{http.DetectContentType(c.body)}})
	}
	return p, once
}

// hasTrailers reports whether a handler set trailers without announcing them.
func hasTrailers(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}

// hasLength reports whether the body is as long as its header says.
func (c *recorder) hasLength() bool {
	v := c.header["Content-Length"]
	return len(v) == 0 || len(v) == 1 && v[0] == strconv.Itoa(len(c.body))
}
