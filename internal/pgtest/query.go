//go:build unix

package pgtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// SQL runs statements as one simple query of the superuser, on a connection of its
// own, and returns their rows, the columns parted by |, with nothing for a NULL. It
// stops at the first error.
func (s *Server) SQL(database, text string) (string, error) {
	rows, err := s.query(database, text)
	if err != nil {
		return "", fmt.Errorf("pgtest: %s: %w", text, err)
	}
	return strings.Join(rows, "\n"), nil
}

// query speaks PostgreSQL's protocol, of which a simple query needs little. Starting
// psql takes longer than most queries.
func (s *Server) query(database, text string) (rows []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), testprocess.CallTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // whatever it says, the answer is there
	if err := conn.SetDeadline(time.Now().Add(testprocess.Patience)); err != nil {
		return nil, err
	}
	const version = 3 << 16
	hello := binary.BigEndian.AppendUint32(nil, version)
	hello = append(hello, "user\x00postgres\x00database\x00"+database+"\x00client_encoding\x00UTF8\x00\x00"...)
	if _, err := conn.Write(message("", hello)); err != nil {
		return nil, err
	}
	asked := false
	for {
		kind, body, err := receive(conn)
		if err != nil {
			return nil, errors.Join(err, errors.New("the server has ended the connection"))
		}
		switch kind {
		case 'D':
			rows = append(rows, columns(body))
		case 'E':
			return nil, errors.New(complaint(body))
		case 'Z': // ready for the query, or done with it
			if asked {
				_, err := conn.Write(message("X", nil))
				return rows, err
			}
			asked = true
			if _, err := conn.Write(message("Q", []byte(text+"\x00"))); err != nil {
				return nil, err
			}
		}
	}
}

// message puts the kind and the length before what a message holds.
func message(kind string, body []byte) []byte {
	const length = 4                                                           // of itself
	m := binary.BigEndian.AppendUint32([]byte(kind), uint32(length+len(body))) //nolint:gosec // a statement is short
	return append(m, body...)
}

// receive reads a message.
func receive(conn io.Reader) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, max(4, binary.BigEndian.Uint32(head[1:]))-4)
	_, err = io.ReadFull(conn, body)
	return head[0], body, err
}

// columns are the values of a row.
func columns(body []byte) string {
	var values []string
	count := binary.BigEndian.Uint16(body)
	body = body[2:]
	for range count {
		length := int32(binary.BigEndian.Uint32(body)) //nolint:gosec // -1 for a NULL
		body = body[4:]
		value := body[:max(0, length)]
		body = body[len(value):]
		values = append(values, string(value))
	}
	return strings.Join(values, "|")
}

// complaint tells an error of the server: its code and its message.
func complaint(body []byte) string {
	var said []string
	for field := range bytes.SplitSeq(body, []byte{0}) {
		if len(field) > 0 && (field[0] == 'C' || field[0] == 'M' || field[0] == 'D') {
			said = append(said, string(field[1:]))
		}
	}
	return strings.Join(said, ": ")
}
