package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// form is the form of a product, as it is shown and as it is sent.
type form struct {
	Name, Price, Stock string
	CategoryID         int64
	Problem            string // what is wrong with it
}

// editForm shows the form. It is not kept as a page, but what it reads may come from
// the cache: that is never older than the last commit.
func (s *shop) editForm(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	p, err := s.ProductOf(contextOf(r), id)
	if err != nil {
		return err
	}
	return s.showForm(w, r, http.StatusOK, p, &form{
		Name: p.Name, Price: p.Price.String(), Stock: strconv.FormatInt(p.Stock, 10), CategoryID: p.CategoryID,
	})
}

func (s *shop) showForm(w http.ResponseWriter, r *http.Request, status int, p Product, f *form) error {
	return s.render(w, r, status, "edit", view{Title: "Edit " + p.Name, Product: p, Form: f})
}

// edit changes a product as the form says.
func (s *shop) edit(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	f := &form{Name: strings.TrimSpace(r.PostFormValue("name")), Price: r.PostFormValue("price"), Stock: r.PostFormValue("stock")}
	f.CategoryID, _ = strconv.ParseInt(r.PostFormValue("category"), 10, 64) // there is no category 0
	e, err := f.read()
	if err == nil {
		if _, err = s.CategoryOf(r.Context(), e.CategoryID); errors.Is(err, errNotFound) {
			err = problem("Choose a category.")
		}
	}
	if errors.As(err, new(problem)) {
		p, missing := s.ProductOf(contextOf(r), id)
		if missing != nil {
			return missing
		}
		f.Problem = err.Error()
		return s.showForm(w, r, http.StatusUnprocessableEntity, p, f)
	}
	if err != nil {
		return err
	}
	if err := s.save(r.Context(), id, e); err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/products/%d", id), http.StatusSeeOther) //nolint:gosec // a path of ours, with a number
	return nil
}

// problem is an error: what is wrong with a form, for who filled it in.
type problem string

func (p problem) Error() string { return string(p) }

// The limits of the form.
const (
	maxName  = 100
	maxPrice = 1_000_000_00
	maxStock = 1_000_000
)

// read returns what the form says, or a problem.
func (f *form) read() (e Edit, err error) {
	e = Edit{Name: f.Name, CategoryID: f.CategoryID}
	if n := utf8.RuneCountInString(f.Name); n == 0 || n > maxName || !utf8.ValidString(f.Name) || strings.Contains(f.Name, "\x00") {
		return e, problem(fmt.Sprintf("The name has to have 1 to %d letters.", maxName))
	}
	if e.Price, err = parseCents(f.Price); err != nil {
		return e, err
	}
	if e.Stock, err = strconv.ParseInt(f.Stock, 10, 64); err != nil || e.Stock < 0 || e.Stock > maxStock {
		return e, problem(fmt.Sprintf("The stock has to be a number from 0 to %d.", maxStock))
	}
	return e, nil
}

// parseCents reads an amount of money such as 12, 12.5 or 12.50.
func parseCents(text string) (Cents, error) {
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole, 10, 32)
	var cents uint64
	if err == nil && part != "" {
		cents, err = strconv.ParseUint((part + "0")[:2], 10, 8)
	}
	if amount := n*100 + cents; err == nil && len(part) <= 2 && amount <= maxPrice {
		return Cents(amount), nil
	}
	return 0, problem("The price has to be an amount such as 12.50.")
}
