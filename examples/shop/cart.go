package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// sessionCookie is the cookie that a visitor's cart is found by.
const sessionCookie = "session"

// session returns the key of the visitor's session, and "" where there is none. What
// nobody could have got from us is none.
func session(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil || len(c.Value) != len(rand.Text()) {
		return ""
	}
	return c.Value
}

// beginSession gives the visitor a session. Only what changes something does: a page
// that sets a cookie is never kept.
func beginSession(w http.ResponseWriter, r *http.Request) string {
	key := rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is secure where the connection is
		Name: sessionCookie, Value: key, Path: "/", MaxAge: int((30 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	return key
}

// showCart is the page of the cart.
func (s *shop) showCart(w http.ResponseWriter, r *http.Request) error {
	v := view{Title: "Your cart"}
	if key := session(r); key != "" {
		var err error
		if v.Items, err = s.cart(contextOf(r), key); err != nil {
			return err
		}
	}
	for _, item := range v.Items {
		v.Total += item.Total()
	}
	return s.render(w, r, http.StatusOK, "cart", v)
}

// maxQuantity is how many of a product fit into a cart.
const maxQuantity = 99

// changeCart puts a product into the cart, or takes it out.
func (s *shop) changeCart(w http.ResponseWriter, r *http.Request) error {
	product, err := strconv.ParseInt(r.PostFormValue("product"), 10, 64)
	if err != nil {
		return errNotFound
	}
	quantity, err := strconv.ParseInt(r.PostFormValue("quantity"), 10, 64)
	if err != nil || quantity < 0 || quantity > maxQuantity {
		return problem(fmt.Sprintf("The quantity has to be a number from 0 to %d.", maxQuantity))
	}
	key := session(r)
	if key == "" {
		key = beginSession(w, r)
	}
	if err := s.put(r.Context(), key, product, quantity); err != nil {
		return err
	}
	http.Redirect(w, r, "/cart", http.StatusSeeOther)
	return nil
}
