package main

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden stands in the place of a secret.
const hidden = "xxxxx"

// credentials are a user and a password within a URL, also in one that is otherwise
// wrong.
var credentials = regexp.MustCompile("//[^\\s\"'`/]*:\\S*@")

// bare is a user and a password before a host, of a URL that lacks its beginning.
var bare = regexp.MustCompile("[^\\s\"'`/:@]*:[^\\s\"'`/@]*@")

// shorthand is a flag that there is not, as in "-psecret" of other programs.
var shorthand = regexp.MustCompile(`(unknown shorthand flag: '.') in -.*`)

// settings are passwords of the form name=value, as in the data source name of a
// database.
var settings = regexp.MustCompile(`(?i)\b((?:ssl)?(?:password|passwd|pwd))\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)`)

// withoutSecrets takes what looks like a password out of a text.
func withoutSecrets(text string) string {
	text = credentials.ReplaceAllString(text, "//"+hidden+"@")
	text = bare.ReplaceAllString(text, hidden+"@")
	text = shorthand.ReplaceAllString(text, "$1")
	return settings.ReplaceAllString(text, "$1="+hidden)
}

// secrets are texts that must not be printed.
type secrets []string

// add notes a secret, and the forms in which an error may have it.
func (s *secrets) add(texts ...string) {
	for _, t := range texts {
		for _, form := range []string{t, url.QueryEscape(t), url.PathEscape(t)} {
			if form != "" && !slices.Contains(*s, form) {
				*s = append(*s, form)
			}
		}
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(*s, func(a, b string) int { return len(b) - len(a) })
}

// hide returns an error without the secrets in its text.
func (s secrets) hide(err error) error {
	if err == nil {
		return nil
	}
	text := s.clean(err.Error())
	if text == err.Error() {
		return err
	}
	return hiddenError{text: text, error: err}
}

// clean takes the secrets out of a text.
func (s secrets) clean(text string) string {
	text = withoutSecrets(text)
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// hiddenError is an error with another text.
type hiddenError struct {
	error
	text string
}

func (h hiddenError) Error() string { return h.text }
func (h hiddenError) Unwrap() error { return h.error }

// misplaced reports whether a URL has an @ that does not end its user: then a part of
// the password was taken for something else, a port for example, which errors name.
func misplaced(text string, u *url.URL) bool {
	signs := 0
	if u.User != nil {
		signs = 1
	}
	return strings.Count(text, "@") != signs || strings.Contains(text, "#")
}
