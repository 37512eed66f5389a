//go:build unix

package redistest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// Error is an error that Redis answered with, as "WRONGTYPE Operation ...".
type Error string

// Error returns the answer.
func (e Error) Error() string { return string(e) }

// Do sends one command over a connection of its own and returns the answer as
// text: a number in decimals, nil as "", and the elements of an array one a line.
// An error that Redis answers with is an [Error]; a server that does not answer in
// ten seconds is one too. It is safe for concurrent use.
func (s *Server) Do(args ...string) (string, error) {
	return s.do(context.Background(), args...)
}

// List is Do for commands that answer with an array, as KEYS. The elements may
// hold any bytes.
func (s *Server) List(args ...string) ([]string, error) {
	answer, err := s.call(context.Background(), args...)
	if err != nil {
		return nil, err
	}
	return flatten(answer), nil
}

// Info asks for a section of INFO and returns its fields. A server of a program
// that does not answer has none.
func (s *Server) Info(section string) map[string]string {
	info, err := s.info(context.Background(), section)
	_ = s.owner.Check(err)
	return info
}

func (s *Server) do(ctx context.Context, args ...string) (string, error) {
	answer, err := s.call(ctx, args...)
	if err != nil {
		return "", err
	}
	return strings.Join(flatten(answer), "\n"), nil
}

func (s *Server) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := s.do(ctx, "INFO", section)
	if err != nil {
		return nil, err
	}
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}

// call sends one command. The answer is a string, nil, or a []any of these.
func (s *Server) call(ctx context.Context, args ...string) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, testprocess.CallTimeout)
	defer cancel()
	answer, err := s.exchange(ctx, args)
	if err != nil {
		return nil, fmt.Errorf("redistest: %s on %s: %w", args[0], s.Addr(), err)
	}
	return answer, nil
}

func (s *Server) exchange(ctx context.Context, args []string) (any, error) {
	var dialer interface {
		DialContext(context.Context, string, string) (net.Conn, error)
	} = new(net.Dialer)
	if s.config.TLS {
		dialer = &tls.Dialer{Config: s.TLSConfig()}
	}
	conn, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the answer is here by then
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	r := bufio.NewReader(conn)
	ask := func(args ...string) (any, error) {
		if _, err := io.WriteString(conn, encode(args)); err != nil {
			return nil, err
		}
		return decode(r)
	}
	if s.config.Password != "" {
		if _, err := ask("AUTH", s.config.Password); err != nil {
			return nil, err
		}
	}
	return ask(args...)
}

// encode writes a command in RESP.
func encode(args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

var errNotRESP = errors.New("this is not the answer of a Redis")

// decode reads an answer in RESP2. An error inside of an array is an element.
func decode(r *bufio.Reader) (any, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return nil, errNotRESP
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return nil, Error(rest)
	case '$', '*':
	default:
		return nil, errNotRESP
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return nil, errNotRESP
	}
	if n < 0 {
		return nil, nil
	}
	if kind == '$' {
		text := make([]byte, n+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		return string(text[:n]), nil
	}
	var elements []any
	for range n {
		element, err := decode(r)
		if answered := Error(""); errors.As(err, &answered) {
			element = string(answered)
		} else if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, nil
}

// flatten returns the texts of an answer, in order.
func flatten(answer any) []string {
	switch answer := answer.(type) {
	case string:
		return []string{answer}
	case []any:
		var all []string
		for _, element := range answer {
			if element == nil {
				all = append(all, "")
				continue
			}
			all = append(all, flatten(element)...)
		}
		return all
	}
	return nil
}
