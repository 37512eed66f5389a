package templcache

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/a-h/templ"
)

// The pieces that a stored fragment is made of. Behind the byte stands what the comment
// says, each text with its length before it.
const (
	pieceText   byte = iota // text as it is
	pieceNonce              // nothing: the nonce of the page
	pieceStyle              // a number of texts: of each class its id and its CSS
	pieceScript             // a number of texts: of each script its name and its function
	pieceOnce               // what Once renders: its name, and its pieces
)

var errPiece = errors.New("templcache: what is stored is no fragment of templ")

func appendStrings(b []byte, list ...string) []byte {
	for _, s := range list {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendStrings(append(b, pieceText), s)
}

// appendList returns a piece of several texts, nil where there are none.
func appendList(piece byte, list []string) []byte {
	if len(list) == 0 {
		return nil
	}
	return appendStrings(binary.AppendUvarint([]byte{piece}, uint64(len(list))), list...)
}

// reading reads pieces. After an error it has nothing more.
type reading struct {
	rest []byte
	err  error
}

func (r *reading) number() int {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)) {
		r.rest, r.err = nil, errPiece
		return 0
	}
	r.rest = r.rest[size:]
	return int(n) //nolint:gosec // it is no more than a length
}

func (r *reading) bytes() []byte {
	n := r.number()
	if n > len(r.rest) {
		r.rest, r.err = nil, errPiece
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// replay writes a fragment into a page.
func replay(ctx context.Context, w io.Writer, data []byte) error {
	r := reading{rest: data}
	for len(r.rest) > 0 && r.err == nil {
		piece := r.rest[0]
		r.rest = r.rest[1:]
		var err error
		switch piece {
		case pieceText:
			_, err = w.Write(r.bytes())
		case pieceNonce:
			_, err = io.WriteString(w, templ.EscapeString(templ.GetNonce(ctx)))
		case pieceStyle:
			var classes []any
			for n := r.number(); n > 1 && r.err == nil; n -= 2 {
				classes = append(classes, templ.ComponentCSSClass{ID: string(r.bytes()), Class: templ.SafeCSS(r.bytes())})
			}
			err = templ.RenderCSSItems(ctx, w, classes...)
		case pieceScript:
			var scripts []templ.ComponentScript
			for n := r.number(); n > 1 && r.err == nil; n -= 2 {
				scripts = append(scripts, templ.ComponentScript{Name: string(r.bytes()), Function: string(r.bytes())})
			}
			err = templ.RenderScriptItems(ctx, w, scripts...)
		case pieceOnce:
			id, pieces := string(r.bytes()), r.bytes()
			err = renderOnce(ctx, w, id, func() error { return replay(ctx, w, pieces) })
		default:
			err = errPiece
		}
		if err != nil {
			return err
		}
	}
	return r.err
}
