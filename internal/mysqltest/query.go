//go:build unix

package mysqltest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// SQL runs statements, parted by semicolons, as one query of the user root, on a
// connection of its own, and returns their rows, the columns parted by |, with nothing
// for a NULL. It stops at the first error. The database may be empty.
func (s *Server) SQL(database, text string) (string, error) {
	rows, err := s.query(database, text)
	if err != nil {
		return "", fmt.Errorf("mysqltest: %s: %w", text, err)
	}
	return strings.Join(rows, "\n"), nil
}

// What the client says that it can do.
const (
	capConnectWithDB    = 1 << 3
	capProtocol41       = 1 << 9
	capTransactions     = 1 << 13
	capSecureConnection = 1 << 15
	capMultiStatements  = 1 << 16
	capMultiResults     = 1 << 17
	capPluginAuth       = 1 << 19
)

// The first bytes of packets.
const (
	headNull  = 0xfb
	headEnd   = 0xfe // also the wish for another way to authenticate
	headError = 0xff
)

// comQuit is the command that ends a connection.
const comQuit = 0x01

// query speaks MySQL's protocol, of which a query in text needs little. The module has
// no driver, and starting a client takes longer than most queries.
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
	w := &wire{r: bufio.NewReader(conn), w: conn}
	if err := w.greet(database); err != nil {
		return nil, err
	}
	w.sequence = 0
	if err := w.send(append([]byte{queryHead}, text...)); err != nil {
		return nil, err
	}
	for more := true; more; {
		var found []string
		if found, more, err = w.result(); err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	w.sequence = 0
	return rows, w.send([]byte{comQuit})
}

// wire is a connection that speaks in packets.
type wire struct {
	r        *bufio.Reader
	w        io.Writer
	sequence byte
}

// greet logs in.
func (w *wire) greet(database string) error {
	if _, err := w.receive(); err != nil { // what the server is, which is known
		return err
	}
	const utf8mb4 = 45 // with the collation utf8mb4_general_ci
	capabilities := uint32(capProtocol41 | capTransactions | capSecureConnection | capMultiStatements | capMultiResults | capPluginAuth)
	if database != "" {
		capabilities |= capConnectWithDB
	}
	hello := binary.LittleEndian.AppendUint32(nil, capabilities)
	hello = binary.LittleEndian.AppendUint32(hello, 1<<24) // the longest packet
	hello = append(hello, utf8mb4)
	hello = append(hello, make([]byte, 23)...) // reserved
	hello = append(hello, "root\x00\x00"...)   // the password is empty
	if database != "" {
		hello = append(hello, database+"\x00"...)
	}
	hello = append(hello, "mysql_native_password\x00"...)
	if err := w.send(hello); err != nil {
		return err
	}
	answer, err := w.receive()
	if err == nil && answer[0] != okHead {
		err = errors.New("the server wants another way to authenticate")
	}
	return err
}

// result reads the rows of a statement, and whether there is another one's result.
func (w *wire) result() (rows []string, more bool, err error) {
	head, err := w.receive()
	if err != nil {
		return nil, false, err
	}
	if head[0] == okHead {
		_, rest := number(head[1:]) // the rows that it changed
		_, rest = number(rest)      // the number that it gave one
		return nil, moreFollows(rest), nil
	}
	count, _ := number(head)
	for range count + 1 { // the columns, and their end
		if _, err := w.receive(); err != nil {
			return nil, false, err
		}
	}
	for {
		row, err := w.receive()
		if err != nil {
			return nil, false, err
		}
		const longestEnd = 9
		if row[0] == headEnd && len(row) < longestEnd {
			return rows, moreFollows(row[3:]), nil // behind the number of warnings
		}
		rows = append(rows, columns(row))
	}
}

// moreFollows looks at the server's status.
func moreFollows(status []byte) bool {
	const moreResults = 8
	return binary.LittleEndian.Uint16(status)&moreResults != 0
}

// columns are the values of a row.
func columns(row []byte) string {
	var values []string
	for len(row) > 0 {
		if row[0] == headNull {
			values, row = append(values, ""), row[1:]
			continue
		}
		length, rest := number(row)
		values, row = append(values, string(rest[:length])), rest[length:]
	}
	return strings.Join(values, "|")
}

// number reads a number of one to nine bytes.
func number(b []byte) (n uint64, rest []byte) {
	switch b[0] {
	case 0xfc:
		return uint64(binary.LittleEndian.Uint16(b[1:])), b[3:]
	case 0xfd:
		return uint64(b[1]) | uint64(b[2])<<8 | uint64(b[3])<<16, b[4:]
	case 0xfe:
		return binary.LittleEndian.Uint64(b[1:]), b[9:]
	}
	return uint64(b[0]), b[1:]
}

// send puts the length and the number in the sequence before a packet. A statement of
// a test fits into one.
func (w *wire) send(body []byte) error {
	packet := append([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), w.sequence}, body...) //nolint:gosec // three bytes of it
	w.sequence++
	_, err := w.w.Write(packet)
	return err
}

// receive reads a packet, which is not empty. One of the server's errors is an error.
func (w *wire) receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return nil, errors.Join(err, errors.New("the server has ended the connection"))
	}
	w.sequence = head[3] + 1
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(w.r, body); err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, errors.New("the server sent an empty packet")
	}
	if body[0] == headError {
		return nil, errors.New(complaint(body))
	}
	return body, nil
}

// complaint tells an error of the server: its number, its code and its message.
func complaint(body []byte) string {
	const code = 3 // where the code begins, if there is one
	text := string(body[code:])
	if strings.HasPrefix(text, "#") {
		text = text[1:6] + ": " + text[6:]
	}
	return strconv.Itoa(int(binary.LittleEndian.Uint16(body[1:]))) + ": " + text
}
