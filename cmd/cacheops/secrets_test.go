package main

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
)

func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis://cache:s3cret@host:6379/0 is away":        "redis://xxxxx@host:6379/0 is away",
		`parse "redis://:s3cret@host": no`:                `parse "redis://xxxxx@host": no`,
		"redis://a:s3@cret@host":                          "redis://xxxxx@host",
		"redis://a:s3/cret@host":                          "redis://xxxxx@host",
		"host=x password=s3cret user=y":                   "host=x password=xxxxx user=y",
		"host=x PASSWORD = 's3 c\\'ret' user=y":           "host=x PASSWORD=xxxxx user=y",
		"sslpassword=s3cret&pwd=s3cret":                   "sslpassword=xxxxx&pwd=xxxxx",
		"dial tcp 127.0.0.1:6379: connection refused":     "dial tcp 127.0.0.1:6379: connection refused",
		"http://127.0.0.1:6060/cacheops does not answer":  "http://127.0.0.1:6060/cacheops does not answer",
		"look at the user and the password that you give": "look at the user and the password that you give",
	} {
		if got := withoutSecrets(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	cause := errors.New("no")
	var s secrets
	s.add("s3 cret/", "s3")
	err := s.hide(fmt.Errorf("s3 cret/, s3+cret%%2F, s3%%20cret%%2F and s3: %w", cause))
	if err.Error() != "xxxxx, xxxxx, xxxxx and xxxxx: no" || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if s.hide(nil) != nil || !errors.Is(s.hide(cause), cause) {
		t.Error("an error without secrets was changed")
	}
}

func TestMisplaced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"redis://host": false, "redis://:pass@host": false, "redis://a:p%40ss@host?addr=b:1": false,
		"redis://a:12#x@host": true, "redis://a:12?x@host": true, "redis://a:p@ss@host": true, "redis://host#x": true,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := misplaced(text, u); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
