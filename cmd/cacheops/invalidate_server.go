package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cacheops/cacheops/admin"
)

// defaultServer is where a program serves the handler if nothing else is said.
const defaultServer = "http://127.0.0.1:6060/cacheops"

// answerTime bounds the wait for the program's answer.
const answerTime = 30 * time.Second

// invalidateAtServer asks a running program.
func invalidateAtServer(ctx context.Context, out io.Writer, f *invalidateFlags, targets []string) error {
	where, err := url.Parse(cmp.Or(f.server, os.Getenv(serverVariable), defaultServer))
	if err != nil || where.Scheme != "http" && where.Scheme != "https" || where.Host == "" {
		return misuse("cacheops: --server, or %s, is no URL: write it as %s", serverVariable, defaultServer)
	}
	answer, err := askInvalidate(ctx, where.JoinPath("invalidate"), admin.InvalidateRequest{
		Database: f.database, Targets: targets, All: f.all,
	})
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(out).Encode(answer)
	}
	what := strings.Join(answer.Targets, ", ")
	if answer.All {
		what = "everything"
	}
	_, err = fmt.Fprintf(out, "dropped %s in database %s\n", what, answer.Database)
	return err
}

// askInvalidate sends the request, and returns the answer or what is wrong.
func askInvalidate(ctx context.Context, where *url.URL, q admin.InvalidateRequest) (a admin.InvalidateResponse, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, where.String(), bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv(tokenVariable); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	// A connection of its own, which ends with the command; and no redirect, which
	// could send the token elsewhere.
	transport := &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return a, err
		}
		return a, outOfReach(fmt.Errorf("cacheops: the program does not answer: does it serve admin.Handler there? %w", err))
	}
	defer func() { _ = response.Body.Close() }() // it was read, or is of no use
	if t, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return a, fmt.Errorf("cacheops: %s answers %q, and not as admin.Handler does: give the path at which it is mounted", where.Redacted(), response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&a); err != nil {
		return a, fmt.Errorf("cacheops: read the answer of %s: %w", where.Redacted(), err)
	}
	if a.Error != "" || response.StatusCode != http.StatusOK {
		if a.Error == "" {
			a.Error = "cacheops: the program answers " + response.Status
		}
		return a, errors.New(a.Error)
	}
	return a, nil
}
