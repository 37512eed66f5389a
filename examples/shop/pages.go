package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
)

// maxForm is how large a form may be, in bytes.
const maxForm = 64 << 10

// handler returns what answers requests.
func (s *shop) handler() http.Handler {
	// The pages of the catalog are the same for everybody. A visitor with a cart has a
	// cookie: it is not shown to these handlers, so it cannot matter to what they make.
	public := httpcache.New(s.cache, httpcache.Config{Version: s.version, Credentials: httpcache.HideCookies})
	// The cart is made for a cookie, so there is one page for each session. The session
	// is all that is taken from the cookies, so it is all that has to tell pages apart.
	own := httpcache.New(s.cache, httpcache.Config{
		Version: s.version, Credentials: httpcache.CredentialsInExtra,
		Extra: func(r *http.Request) any { return session(r) },
	})

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", public(s.page(s.front)))
	mux.Handle("GET /categories/{id}", public(s.page(s.category)))
	mux.Handle("GET /products/{id}", public(s.page(s.product)))
	mux.Handle("GET /cart", own(s.page(s.showCart)))
	mux.Handle("POST /cart", s.page(s.changeCart))
	// A real shop asks who it is before it lets somebody in here.
	mux.Handle("GET /admin/products/{id}", s.page(s.editForm))
	mux.Handle("POST /admin/products/{id}", s.page(s.edit))
	mux.HandleFunc("GET /static/style.css", style)
	mux.Handle("GET /", s.page(func(http.ResponseWriter, *http.Request) error { return errNotFound }))

	// A browser says where a form was sent from: those of other sites are refused.
	h := http.NewCrossOriginProtection().Handler(s.footer.under(mux))
	return http.MaxBytesHandler(secure(h), maxForm)
}

// secure sets the headers that make a browser careful: no scripts, no frames, nothing
// from elsewhere.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// page makes a handler of a function that can fail.
func (s *shop) page(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if errors.Is(err, errNotFound) {
			err = s.render(w, r, http.StatusNotFound, "missing", view{Title: "Not found"})
		}
		switch {
		case err == nil:
		case errors.As(err, new(problem)):
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		case r.Context().Err() != nil: // nobody waits for an answer
		default:
			s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
			http.Error(w, "Something went wrong here. Please try again.", http.StatusInternalServerError)
		}
	})
}

// view is what templates are given: what the handler has loaded, and the catalog for
// what they load themselves.
type view struct {
	catalog

	Title    string
	Category Category
	Product  Product
	Items    []CartItem
	Total    Cents
	Form     *form
}

// render executes a template. Nothing is sent where it fails, so that an error can be.
func (s *shop) render(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	v.catalog = s.catalog
	var out bytes.Buffer
	if err := s.pages.Execute(contextOf(r), &out, name, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	return err
}

// contextOf returns the context for all that a page is made with: what is read under it
// is what the page depends on.
func contextOf(r *http.Request) context.Context { return cacheops.PageContext(r.Context()) }

// idOf returns the number in the path, or errNotFound.
func idOf(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNotFound
	}
	return id, nil
}

// front is the first page.
func (s *shop) front(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "front", view{Title: "Welcome"})
}

// category is the page of a category.
func (s *shop) category(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	c, err := s.CategoryOf(contextOf(r), id)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "category", view{Title: c.Name, Category: c})
}

// product is the page of a product.
func (s *shop) product(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	p, err := s.ProductOf(contextOf(r), id)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "product", view{Title: p.Name, Product: p})
}

// style serves the style sheet, which never changes while the program runs.
func style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, files, "static/style.css")
}
