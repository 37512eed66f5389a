package httpcache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A page is stored as
//
//	format, status, when it was made, Last-Modified
//	the changes of the headers: what is done, how long the name is, how many values, how long each is
//	the texts of these, one after the other
//	the body
//
// with the numbers of variable length. The texts are together so that they are one string
// in memory, and can be looked through at once.
const entryFormat = 1

// maxValues bounds the values of headers in a page: anybody may have written it. Of them
// ownValues are for what this package adds.
const (
	maxValues = 4096
	ownValues = 3
)

// What is done to a header: the handler's changes are done again to what the middleware
// outside has set.
const (
	headerSet byte = iota
	headerAdd
	headerDelete
)

// change is what a handler did to one header.
type change struct {
	op     byte
	name   string
	values []string
}

// changesOf returns what was done to headers between two moments, by name.
func changesOf(before, after http.Header) []change {
	var out []change
	for name, values := range after {
		was, had := before[name]
		switch {
		case had && slices.Equal(was, values):
		case had && len(was) > 0 && len(values) > len(was) && slices.Equal(was, values[:len(was)]):
			out = append(out, change{op: headerAdd, name: name, values: values[len(was):]})
		default:
			out = append(out, change{op: headerSet, name: name, values: values})
		}
	}
	for name := range before {
		if _, has := after[name]; !has {
			out = append(out, change{op: headerDelete, name: name})
		}
	}
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.name, b.name) })
	return out
}

// page is a response that may be stored.
type page struct {
	status   int
	made     time.Time
	modified time.Time // by its Last-Modified; zero: it has none
	changes  []change
	body     []byte
}

// encode returns the form of a page.
func (p *page) encode() []byte {
	n := len(p.body) + 64
	for i := range p.changes {
		n += len(p.changes[i].name) + 8
		for _, v := range p.changes[i].values {
			n += len(v) + 4
		}
	}
	b := make([]byte, 0, n)
	b = append(b, entryFormat)
	b = binary.AppendUvarint(b, uint64(p.status)) //nolint:gosec // it is at most 599
	b = binary.AppendVarint(b, p.made.UnixMilli())
	var modified int64
	if !p.modified.IsZero() {
		modified = p.modified.Unix()
	}
	b = binary.AppendVarint(b, modified)
	b = binary.AppendUvarint(b, uint64(len(p.changes)))
	values, texts := 0, 0
	for i := range p.changes {
		c := &p.changes[i]
		b = append(b, c.op)
		b = binary.AppendUvarint(b, uint64(len(c.name)))
		b = binary.AppendUvarint(b, uint64(len(c.values)))
		texts += len(c.name)
		for _, v := range c.values {
			b = binary.AppendUvarint(b, uint64(len(v)))
			texts += len(v)
			values++
		}
	}
	b = binary.AppendUvarint(b, uint64(values))
	b = binary.AppendUvarint(b, uint64(texts))
	for i := range p.changes {
		b = append(b, p.changes[i].name...)
		for _, v := range p.changes[i].values {
			b = append(b, v...)
		}
	}
	return append(b, p.body...)
}

// entry is a stored page as it is read.
type entry struct {
	status   int
	made     int64 // in milliseconds
	modified int64 // in seconds; 0: there is none
	changes  int
	shape    []byte // the lengths of the changes
	values   int
	texts    string
	body     []byte
}

var errEntry = errors.New("cacheops: what is stored is no page")

// reading reads numbers. After one that is not there, bad is true and all are 0.
type reading struct {
	b   []byte
	bad bool
}

func (r *reading) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// size reads a number that is at most as large as what is left.
func (r *reading) size() int {
	if len(r.b) > 0 && r.b[0] < 0x80 && int(r.b[0]) <= len(r.b) {
		n := int(r.b[0])
		r.b = r.b[1:]
		return n
	}
	n, read := binary.Uvarint(r.b)
	if read <= 0 || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[read:]
	return int(n) //nolint:gosec // bounded above
}

func (r *reading) number() int64 {
	n, read := binary.Varint(r.b)
	if read <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[read:]
	return n
}

// decode reads what encode wrote. Anybody may have written it, so it is checked whole: no
// length may lead out of it, and no text may hold what ends a header.
func (e *entry) decode(b []byte) error {
	r := reading{b: b}
	if r.byte() != entryFormat {
		return errEntry
	}
	status, read := binary.Uvarint(r.b)
	if read <= 0 || status < 200 || status > 599 {
		return errEntry
	}
	r.b = r.b[read:]
	e.status, e.made, e.modified = int(status), r.number(), r.number()
	e.changes = r.size()
	e.shape = r.b
	values, texts := 0, 0
	for range e.changes {
		op := r.byte()
		name, n := r.size(), r.size()
		if op > headerDelete || name == 0 || r.bad {
			return errEntry
		}
		texts += name
		values += n
		for range n {
			texts += r.size()
		}
	}
	e.values = r.size()
	n := r.size()
	if r.bad || values != e.values || values > maxValues || texts != n || n > len(r.b) {
		return errEntry
	}
	e.texts, e.body = string(r.b[:n]), r.b[n:]
	if strings.IndexByte(e.texts, '\n') >= 0 || strings.IndexByte(e.texts, '\r') >= 0 || strings.IndexByte(e.texts, 0) >= 0 {
		return errEntry
	}
	return nil
}

// apply does the changes to headers, and returns the ETag among them. The spare value is
// for a header that is not stored.
func (e *entry) apply(h http.Header) (etag string, spare []string) {
	r, texts := reading{b: e.shape}, e.texts
	values := make([]string, e.values, e.values+1)
	spare = values[len(values):cap(values)]
	for range e.changes {
		op := r.byte()
		length, n := r.size(), r.size()
		name := texts[:length]
		texts = texts[length:]
		own := values[:n:n]
		values = values[n:]
		for i := range own {
			length = r.size()
			own[i], texts = texts[:length], texts[length:]
		}
		switch op {
		case headerDelete:
			delete(h, name)
			continue
		case headerAdd:
			h[name] = append(h[name], own...)
		case headerSet:
			h[name] = own
		}
		if name == "Etag" && n > 0 {
			etag = own[0]
		}
	}
	return etag, spare
}

// send answers a request with the page. A hit tells its age.
func (e *entry) send(w http.ResponseWriter, r *http.Request, hit bool) {
	h := w.Header()
	etag, spare := e.apply(h)
	if hit {
		spare[0] = strconv.FormatInt(max(time.Now().UnixMilli()-e.made, 0)/1000, 10)
		h["Age"] = spare[0:1:1]
	}
	if e.status == http.StatusOK && notModified(r, etag, e.modified) {
		sendNotModified(w)
		return
	}
	w.WriteHeader(e.status)
	if len(e.body) > 0 && r.Method != http.MethodHead {
		_, _ = w.Write(e.body) // who does not want it anymore went away
	}
}

// sendNotModified answers 304, without what tells of a body that is not sent.
func sendNotModified(w http.ResponseWriter) {
	h := w.Header()
	delete(h, "Content-Type")
	delete(h, "Content-Length")
	delete(h, "Content-Encoding")
	if len(h["Etag"]) > 0 {
		delete(h, "Last-Modified")
	}
	w.WriteHeader(http.StatusNotModified)
}

// etagOf makes the ETag of a body, a strong one: what has it has the same bytes.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}
