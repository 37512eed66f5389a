package pgtest

import (
	"errors"
	"net"
	"slices"
	"testing"
)

// TestCommits plays both sides of a connection.
func TestCommits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, sent, answer string
		fails              string // which function fails
		want               []string
		heard              bool // the server got what was sent
	}{
		{"a commit", "Q\x00\x00\x00\x0bcommit\x00", "C\x00\x00\x00\x0bCOMMIT\x00Z\x00\x00\x00\x05I", "", []string{"before", "sent", "committed"}, true},
		{"in capitals", "Q\x00\x00\x00\x0cCOMMIT;\x00", "C\x00\x00\x00\x0bCOMMIT\x00", "", []string{"before", "sent", "committed"}, true},
		{"one that rolls back", "Q\x00\x00\x00\x0bcommit\x00", "C\x00\x00\x00\x0dROLLBACK\x00", "", []string{"before", "sent"}, true},
		{"another statement", "Q\x00\x00\x00\x0dROLLBACK\x00", "C\x00\x00\x00\x0bCOMMIT\x00", "", nil, true},
		{"a text with the word", "Q\x00\x00\x00\x15SELECT 'commit'\x00", "D", "", nil, true},
		{"cut before", "Q\x00\x00\x00\x0bcommit\x00", "", "before", []string{"before"}, false},
		{"cut when it was sent", "Q\x00\x00\x00\x0bcommit\x00", "", "sent", []string{"before", "sent"}, true},
		{"cut before the answer", "Q\x00\x00\x00\x0bcommit\x00", "C\x00\x00\x00\x0bCOMMIT\x00", "committed", []string{"before", "sent", "committed"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, client := net.Pipe()
			defer server.Close()
			var called []string
			errCut := errors.New("cut")
			call := func(name string) func() error {
				return func() error {
					called = append(called, name)
					if name == test.fails {
						return errCut
					}
					return nil
				}
			}
			c := &Commits{Conn: client, Before: call("before"), Sent: call("sent"), Committed: call("committed")}
			defer c.Close()
			heard := make(chan string, 1)
			go func() {
				b := make([]byte, 100)
				n, _ := server.Read(b) // 0 bytes where it is cut
				heard <- string(b[:n])
				_, _ = server.Write([]byte(test.answer)) // it may be cut by then
			}()
			_, err := c.Write([]byte(test.sent))
			if err == nil && test.answer != "" {
				_, err = c.Read(make([]byte, 100))
			}
			if (err != nil) != (test.fails != "") {
				t.Errorf("the connection said %v", err)
			}
			if got := <-heard; (got == test.sent) != test.heard {
				t.Errorf("the server heard %q", got)
			}
			if !slices.Equal(called, test.want) {
				t.Errorf("called %v, want %v", called, test.want)
			}
		})
	}
}
