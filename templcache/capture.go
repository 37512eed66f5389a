package templcache

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// mark stands in what a fragment writes where each page has something else. It is random,
// so that nothing that is shown can look like it.
type mark string

// What follows a mark.
const (
	markNonce = "n" // the nonce of the page
	markOnce  = "o" // the beginning of what Once renders: its name in hexadecimal, and a dot
	markEnd   = "e" // and its end
)

type markKey struct{}

// Once returns a component that renders its children once in a page, as a handle of
// templ does, but by a name, so that it may stand in fragments that are cached. Uses with
// one name must have the same children.
func Once(id string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		children := templ.GetChildren(ctx)
		ctx = templ.ClearChildren(ctx)
		return renderOnce(ctx, w, id, func() error { return children.Render(ctx, w) })
	})
}

// renderOnce renders something if the page has not had it. In a fragment that is being
// captured it stands between marks.
func renderOnce(ctx context.Context, w io.Writer, id string, render func() error) error {
	if is, err := first(ctx, id); !is || err != nil {
		return err
	}
	m, captured := ctx.Value(markKey{}).(mark)
	if !captured {
		return render()
	}
	if _, err := io.WriteString(w, string(m)+markOnce+hex.EncodeToString([]byte(id))+"."); err != nil {
		return err
	}
	if err := render(); err != nil {
		return err
	}
	_, err := io.WriteString(w, string(m)+markEnd)
	return err
}

// capture renders a component as if it were a page, and returns it in pieces.
func capture(ctx context.Context, inner, children templ.Component, nonced bool) ([]byte, error) {
	m := mark(rand.Text())
	ctx = context.WithValue(alone(ctx), markKey{}, m)
	nonce := ""
	if nonced {
		nonce = string(m) + markNonce
		ctx = templ.WithNonce(ctx, nonce)
		nonce = ` nonce="` + nonce + `"`
	}
	var out bytes.Buffer
	if err := inner.Render(templ.WithChildren(ctx, children), &out); err != nil {
		return nil, err
	}
	once, ok := renderedOnce(ctx)
	if !ok {
		return nil, errOnce
	}
	c := capturing{
		mark: m, rendered: once, rest: out.String(),
		style: `<style type="text/css"` + nonce + `>`, script: `<script` + nonce + `>`,
	}
	pieces := c.pieces()
	if c.rest != "" || !once.all() {
		return nil, errOnce
	}
	return append([]byte{}, pieces...), nil
}

// capturing takes what a component has written to pieces.
type capturing struct {
	*rendered

	mark          mark
	style, script string // how the elements begin that templ writes once
	rest          string
}

// pieces returns what is left, up to the end of what is rendered once, in pieces.
func (c *capturing) pieces() (b []byte) {
	for c.rest != "" {
		text, what := c.next()
		b = appendText(b, text)
		switch what {
		case "":
		case c.style:
			b = c.element(b, c.style, "</style>", c.classesOf)
		case c.script:
			b = c.element(b, c.script, "</script>", c.scriptsOf)
		default: // a mark
			kind := c.rest[len(what) : len(what)+1]
			c.rest = c.rest[len(what)+1:]
			switch kind {
			case markNonce:
				b = append(b, pieceNonce)
			case markOnce:
				name, after, _ := strings.Cut(c.rest, ".")
				id, _ := hex.DecodeString(name) // renderOnce has written it
				c.rest = after
				b = appendStrings(append(b, pieceOnce), string(id), string(c.pieces()))
			case markEnd:
				return b
			}
		}
	}
	return b
}

// next takes the text before the next thing that is none, and returns both. That thing
// stays.
func (c *capturing) next() (text, what string) {
	at := len(c.rest)
	for _, w := range [...]string{string(c.mark), c.style, c.script} {
		// The elements begin before the mark that they hold.
		if i := strings.Index(c.rest, w); i >= 0 && i < at {
			at, what = i, w
		}
	}
	text, c.rest = c.rest[:at], c.rest[at:]
	return text, what
}

// element takes an element that templ may have written, as what it holds, or as text
// where it is another one.
func (c *capturing) element(b []byte, begin, end string, of func(string) []byte) []byte {
	if content, after, ok := strings.Cut(c.rest[len(begin):], end); ok {
		if piece := of(content); piece != nil {
			c.rest = after
			return append(b, piece...)
		}
	}
	// What it begins with may hold a mark.
	before, after, nonced := strings.Cut(begin, string(c.mark)+markNonce)
	c.rest = c.rest[len(begin):]
	b = appendText(b, before)
	if nonced {
		b = appendText(append(b, pieceNonce), after)
	}
	return b
}

// classesOf returns the piece for the classes that a style element holds, nil where it
// holds anything else.
func (c *capturing) classesOf(content string) []byte {
	var list, ids []string
	for content != "" {
		id, _, ok := strings.Cut(strings.TrimPrefix(content, "."), "{")
		name := id[:max(strings.LastIndexByte(id, '_'), 0)]
		found, known := c.classes[id]
		if !ok || content[0] != '.' || !known || found {
			return nil
		}
		css := content[len(id)+2:]
		end := -1
		for i := 0; i < len(css) && end < 0; i++ {
			// The id holds a digest of what is between the braces.
			if css[i] == '}' && templ.CSSID(name, css[:i]) == id {
				end = i
			}
		}
		if end < 0 {
			return nil
		}
		list = append(list, id, content[:len(id)+end+3])
		ids = append(ids, id)
		content = css[end+1:]
	}
	for _, id := range ids {
		c.classes[id] = true
	}
	return appendList(pieceStyle, list)
}

// scriptsOf returns the piece for the functions that a script element holds, nil where it
// holds anything else.
func (c *capturing) scriptsOf(content string) []byte {
	var list, names []string
	for content != "" {
		name, _, ok := strings.Cut(strings.TrimPrefix(content, "function "), "(")
		if found, known := c.scripts[name]; !ok || !known || found || !strings.HasPrefix(content, "function "+name+"(") {
			return nil
		}
		end := len(content)
		for other, found := range c.scripts {
			if i := strings.Index(content, "}function "+other+"("); !found && other != name && i >= 0 {
				end = min(end, i+1)
			}
		}
		list = append(list, name, content[:end])
		names = append(names, name)
		content = content[end:]
	}
	for _, name := range names {
		c.scripts[name] = true
	}
	return appendList(pieceScript, list)
}
