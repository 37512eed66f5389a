package mysqltest

import (
	"errors"
	"net"
	"slices"
	"testing"
)

// TestCommits plays both sides of a connection.
func TestCommits(t *testing.T) {
	t.Parallel()
	const done = "\x07\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
	for _, test := range []struct {
		name, sent, answer string
		fails              string // which function fails
		want               []string
		heard              bool // the server got what was sent
	}{
		{"a commit", "\x07\x00\x00\x00\x03COMMIT", done, "", []string{"before", "sent", "committed"}, true},
		{"in small letters", "\x08\x00\x00\x00\x03commit;", done, "", []string{"before", "sent", "committed"}, true},
		{"one that fails", "\x07\x00\x00\x00\x03COMMIT", "\x09\x00\x00\x01\xff\x15\x04#42000", "", []string{"before", "sent"}, true},
		{"another statement", "\x09\x00\x00\x00\x03ROLLBACK", done, "", nil, true},
		{"one that is prepared", "\x07\x00\x00\x00\x16COMMIT", done, "", nil, true},
		{"a text with the word", "\x10\x00\x00\x00\x03SELECT 'commit'", done, "", nil, true},
		{"cut before", "\x07\x00\x00\x00\x03COMMIT", "", "before", []string{"before"}, false},
		{"cut when it was sent", "\x07\x00\x00\x00\x03COMMIT", "", "sent", []string{"before", "sent"}, true},
		{"cut before the answer", "\x07\x00\x00\x00\x03COMMIT", done, "committed", []string{"before", "sent", "committed"}, true},
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
