package templcache

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

// What templ keeps in its context is known in this version of it: else nothing would be
// cached.
func TestTheStateOfTemplIsKnown(t *testing.T) {
	t.Parallel()
	if stateKey == nil || partialKey == nil {
		t.Fatalf("the keys are %v and %v", stateKey, partialKey)
	}
	ctx := templ.InitializeContext(context.Background())
	if err := templ.RenderCSSItems(ctx, io.Discard, templ.ComponentCSSClass{ID: "a", Class: ".a{}"}); err != nil {
		t.Fatal(err)
	}
	if err := templ.RenderScriptItems(ctx, io.Discard, templ.ComponentScript{Name: "b", Function: "function b(){}"}); err != nil {
		t.Fatal(err)
	}
	r, ok := renderedOnce(ctx)
	if _, class := r.classes["a"]; !ok || !class {
		t.Errorf("the class is not known: %+v", r)
	}
	if _, script := r.scripts["b"]; !script || r.all() {
		t.Errorf("the script is not known: %+v", r)
	}
	if err := templ.NewOnceHandle().Once().Render(ctx, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, ok := renderedOnce(ctx); ok {
		t.Error("a handle is not noticed")
	}
}

// A class or a script that is not of templ's generator is rendered in each page.
func TestWhatIsNotKnownIsNotCached(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]templ.Component{
		"class": templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return templ.RenderCSSItems(ctx, w, templ.ComponentCSSClass{ID: "a_12345678", Class: ".a_12345678{color:red}"})
		}),
		"script": templ.ComponentScript{Name: "b", Function: "var b"},
	} {
		if _, err := capture(context.Background(), c, templ.NopComponent, false); err != errOnce { //nolint:errorlint // it is not wrapped
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// Elements that only look like those that are rendered once are text.
func TestElementsOfThePageAreText(t *testing.T) {
	t.Parallel()
	const page = `<style type="text/css">.a{b}</style><script>function c(){}</script><style type="text/css">`
	data, err := capture(context.Background(), templ.Raw(page), templ.NopComponent, false)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := replay(templ.InitializeContext(context.Background()), &out, data); err != nil || out.String() != page {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte{pieceStyle, 2, 1, 'a', 1, 'b'})
	f.Add(appendStrings([]byte{pieceOnce}, "a", string(appendText(nil, "b"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Whatever somebody has put into the store, it ends and does not panic.
		if err := replay(templ.InitializeContext(context.Background()), io.Discard, data); err != nil && err != errPiece { //nolint:errorlint // it is not wrapped
			t.Error(err)
		}
	})
}
