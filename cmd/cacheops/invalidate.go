package main

import (
	"bytes"
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

	"github.com/spf13/cobra"

	"github.com/cacheops/cacheops/admin"
)

// Where the flags of invalidate are taken from when they are not given. A token
// has no flag: others could read it in the list of processes.
const (
	serverVariable = "CACHEOPS_SERVER"
	tokenVariable  = "CACHEOPS_TOKEN"
)

// answerTime bounds the wait for the program's answer.
const answerTime = 30 * time.Second

// invalidateFlags are the flags of invalidate.
type invalidateFlags struct {
	server, database string
	all, json        bool
}

func newInvalidate() *cobra.Command {
	var f invalidateFlags
	cmd := &cobra.Command{
		Use:   "invalidate [flags] --database name target ...",
		Short: "Drop what a running program has cached",
		Long: `Drops what a running program has cached of a table, a row, the tables that match a
pattern, or everything. The program serves package admin's handler at --server.

  posts, blog.posts         a table
  posts.34, blog.posts.34   a row, by its primary key
  'blog.*', 'log_*'         tables, by a pattern

Of a row only the key is known, so that all that is cached by other columns of its
table is dropped with it. The token, if the handler has one, is taken from the
environment: ` + tokenVariable + `.`,
		Example: `  cacheops invalidate --database main posts.34
  cacheops invalidate --database main posts 'log_*'
  cacheops invalidate --database main --all --server http://127.0.0.1:6060/cacheops`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInvalidate(cmd.Context(), cmd.OutOrStdout(), f, args)
		},
	}
	flags := cmd.Flags()
	server := os.Getenv(serverVariable)
	if server == "" {
		server = "http://127.0.0.1:6060/cacheops"
	}
	flags.StringVar(&f.server, "server", server, "where the program serves the handler, a `URL`; also "+serverVariable)
	flags.StringVar(&f.database, "database", "", "the `name` of the database, as in sqlcache.Config")
	flags.BoolVar(&f.all, "all", false, "drop everything of the database")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func runInvalidate(ctx context.Context, out io.Writer, f invalidateFlags, targets []string) error {
	switch {
	case f.database == "":
		return errors.New("cacheops: invalidate needs --database: the name that the program gave it in sqlcache.Config")
	case f.all && len(targets) > 0:
		return errors.New("cacheops: invalidate takes --all or targets, not both")
	case !f.all && len(targets) == 0:
		return errors.New("cacheops: invalidate needs a target, such as posts or posts.34, or --all")
	}
	where, err := url.Parse(f.server)
	if err != nil || where.Scheme != "http" && where.Scheme != "https" || where.Host == "" {
		return fmt.Errorf("cacheops: --server %q is no URL: write it as http://127.0.0.1:6060/cacheops", f.server)
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
		return a, fmt.Errorf("cacheops: the program does not answer: does it serve admin.Handler there? %w", err)
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
