package httpcache

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// samplePage has everything that a page can have.
func samplePage() *page {
	return &page{
		status: http.StatusOK, made: time.Now().Add(-time.Minute), modified: time.Unix(1e9, 0), body: []byte("body"),
		changes: []change{
			{op: headerSet, name: "Content-Type", values: []string{"text/plain"}},
			{op: headerAdd, name: "Vary", values: []string{"Accept", "Origin"}},
			{op: headerDelete, name: "X-Gone"},
			{op: headerSet, name: "X-Long", values: []string{strings.Repeat("v", 300)}},
			{op: headerSet, name: "X-Nil"},
		},
	}
}

func TestEntry(t *testing.T) {
	t.Parallel()
	var e entry
	if err := e.decode(samplePage().encode()); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	w.Header()["Vary"] = []string{"Cookie"}
	w.Header()["X-Gone"] = []string{"1"}
	w.Header()["X-Nil"] = []string{"1"}
	e.send(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), true)
	want := http.Header{
		"Content-Type": {"text/plain"}, "Vary": {"Cookie", "Accept", "Origin"}, "X-Long": {strings.Repeat("v", 300)}, "X-Nil": {},
		"Age": {"60"},
	}
	if got := w.Header(); !reflect.DeepEqual(got, want) || w.Body.String() != "body" {
		t.Errorf("got %v %q, want %v", got, w.Body, want)
	}
}

// What somebody else put in the store is no page, or is a harmless one.
func TestEntryOfOthers(t *testing.T) {
	t.Parallel()
	good := samplePage().encode()
	for n := range len(good) - len("body") {
		if new(entry).decode(good[:n]) == nil {
			t.Errorf("the first %d bytes are a page", n)
		}
	}
	for _, value := range []string{"a\r\nSet-Cookie: evil=1", "a\nb", "a\rb", "a\x00b"} {
		p := samplePage()
		p.changes[0].values[0] = value
		if new(entry).decode(p.encode()) == nil {
			t.Errorf("a value %q is in a page", value)
		}
		p = samplePage()
		p.changes[0].name = value
		if new(entry).decode(p.encode()) == nil {
			t.Errorf("a name %q is in a page", value)
		}
	}
	for _, status := range []int{0, 100, 101, 199, 600, 1 << 20} {
		p := samplePage()
		p.status = status
		if new(entry).decode(p.encode()) == nil {
			t.Errorf("the status %d is in a page", status)
		}
	}
	p := samplePage()
	p.changes[0].values = make([]string, maxValues+1)
	if new(entry).decode(p.encode()) == nil {
		t.Error("a page has any number of values")
	}
}

// Whatever the bytes are, they are read within bounds, and what is sent is a valid
// response.
func FuzzEntry(f *testing.F) {
	f.Add(samplePage().encode())
	f.Add([]byte{entryFormat, 200, 1, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var e entry
		if e.decode(b) != nil {
			return
		}
		w := httptest.NewRecorder()
		e.send(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), true)
		for name, values := range w.Header() {
			for _, v := range append(values, name) {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Errorf("a header holds %q", v)
				}
			}
		}
		if !bytes.HasSuffix(b, w.Body.Bytes()) {
			t.Errorf("the body is %q", w.Body)
		}
	})
}

// Equal keys of two requests mean that handlers are shown the same.
func FuzzKey(f *testing.F) {
	f.Add("/a?x=1", "/a?y=1", "one.example", "ONE.example", "de", "en")
	f.Add("/a%2Fb", "/a/b", "h:80", "h", "", "de,en")
	f.Add("http://u@h/a", "/a", "h", "h.", "a", "a")
	s, err := Config{Vary: []string{"Accept", "Accept-Language"}}.compile()
	if err != nil {
		f.Fatal(err)
	}
	request := func(t *testing.T, target, host, language string) (shown string, key []byte, ok bool) {
		t.Helper()
		text := "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nAccept-Language: " + language + "\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return "", nil, false
		}
		b, _, host, reason := s.appendURI(nil, r)
		if reason != "" {
			return "", nil, false
		}
		x := s.show(t.Context(), r, host, nil)
		u := *x.URL
		u.User = nil // a pointer
		shown = fmt.Sprintf("%q %+q %q %v %q %q", x.RequestURI, fmt.Sprintf("%+v", u), x.URL.User.String(), x.URL.User == nil, x.Host, x.Header)
		return shown, appendValues(b, r.Header, s.vary), true
	}
	f.Fuzz(func(t *testing.T, target1, target2, host1, host2, language1, language2 string) {
		a, keyA, okA := request(t, target1, host1, language1)
		b, keyB, okB := request(t, target2, host2, language2)
		if okA && okB && bytes.Equal(keyA, keyB) && a != b {
			t.Errorf("one key for\n%s\n%s", a, b)
		}
		if okA && okB && a == b && !bytes.Equal(keyA, keyB) {
			t.Errorf("two keys for\n%s", a)
		}
	})
}
