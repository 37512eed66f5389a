package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// The program serves until it is told to end, and leaves nothing behind.
func TestCommand(t *testing.T) {
	server := redistest.Start(t)
	t.Setenv("TMPDIR", t.TempDir())
	kept := filepath.Join(t.TempDir(), "shop.sqlite")
	for _, args := range [][]string{
		{"-addr", "127.0.0.1:0"},
		{"-addr", "127.0.0.1:0", "-sqlite", kept},
		{"-addr", "127.0.0.1:0", "-sqlite", kept, "-redis", server.URL()}, // what is there stays
	} {
		ctx, stop := context.WithCancel(t.Context())
		out, in := io.Pipe()
		var errs bytes.Buffer
		ended := make(chan error, 1)
		go func() {
			err := command(ctx, args, in, &errs)
			in.CloseWithError(errors.Join(io.EOF, err))
			ended <- err
		}()
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		_, url, _ := strings.Cut(strings.TrimSpace(line), " at ")
		transport := new(http.Transport)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/categories/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || bytes.Count(body, []byte(`class="card"`)) != 12 {
			t.Errorf("%q: status %d, %v\n%s", args, resp.StatusCode, err, body)
		}
		stop()
		if err := <-ended; err != nil || errs.Len() > 0 {
			t.Errorf("%q ends with %v\n%s", args, err, errs.String())
		}
		transport.CloseIdleConnections()
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("the program left %v behind, %v", left, err)
	}
}

// A request that is under way when the program is told to end is answered.
func TestGracefulEnd(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	under, going := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(under)
			<-going
			_, _ = io.WriteString(w, "done")
		}))
	}()
	go func() {
		<-under
		stop()
		// The server takes no new connections once it has begun to end.
		for {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
			if err != nil {
				break
			}
			conn.Close()
		}
		close(going)
	}()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "done" {
		t.Errorf("the answer is %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// What cannot be started says why, and not what is secret.
func TestErrors(t *testing.T) {
	t.Parallel()
	gone := redistest.Start(t)
	gone.Kill()
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"an unknown flag":     {[]string{"-post", "x"}, "flag provided but not defined: -post"},
		"no Redis there":      {[]string{"-redis", gone.URL()}, "store unavailable"},
		"no URL":              {[]string{"-redis", "here"}, "rueidisstore: Config.URL"},
		"no PostgreSQL there": {[]string{"-postgres", "postgres://shop:hidden@127.0.0.1:1/none?connect_timeout=2"}, "prepare the database: failed to connect"},
		"no folder":           {[]string{"-sqlite", filepath.Join(t.TempDir(), "missing", "shop.sqlite")}, "open the database: "},
		"no address":          {[]string{"-addr", "nowhere"}, "missing port in address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			err := command(t.Context(), test.args, &out, &errs)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error()+errs.String(), "hidden") || out.Len() > 0 {
				t.Errorf("it says %v, %s\n%s\nwant %s", err, out.String(), errs.String(), test.says)
			}
		})
	}
}
