//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
)

// busOffset lies between the port of a node of a Cluster and that of its bus.
const busOffset = 10000

// firstPort is the lowest port that is handed out.
const firstPort = 10000

// port is a TCP port, or two for a node of a Cluster, that belongs to a server
// until release, also while the server is down.
//
// It is below those that the kernel gives to outgoing connections. A client that
// calls a server that is down would else be given the server's own port once in a
// while, and be connected with itself. And it is held by a UDP socket of the same
// number, which Redis has no use for: so no other process that tests takes it.
type port struct {
	number  int
	holders []net.PacketConn
}

// reserve finds a port that nobody listens on.
func reserve(cluster bool) (*port, error) {
	limit := firstEphemeral()
	if cluster {
		limit -= busOffset
	}
	var last error
	for range 200 {
		number := firstPort + rand.IntN(limit-firstPort) //nolint:gosec // no secret
		p := &port{number: number}
		numbers := []int{number}
		if cluster {
			numbers = append(numbers, number+busOffset)
		}
		last = nil
		for _, n := range numbers {
			last = errors.Join(last, p.hold(n))
		}
		if last == nil {
			return p, nil
		}
		p.release()
	}
	return nil, fmt.Errorf("redistest: no free port found: %w", last)
}

// hold takes one number.
func (p *port) hold(number int) error {
	var config net.ListenConfig
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
	holder, err := config.ListenPacket(context.Background(), "udp4", addr)
	if err != nil {
		return err
	}
	p.holders = append(p.holders, holder)
	listener, err := config.Listen(context.Background(), "tcp4", addr)
	if err != nil {
		return err
	}
	return listener.Close()
}

// release gives the port up.
func (p *port) release() {
	for _, holder := range p.holders {
		_ = holder.Close() // nothing was sent over it
	}
	p.holders = nil
}

// firstEphemeral is the first port that the kernel gives to outgoing
// connections, where it says so and leaves enough below.
func firstEphemeral() int {
	const usual = 32768
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\t")
	if n, err := strconv.Atoi(first); err == nil && n >= firstPort+busOffset+2000 {
		return min(n, 1<<16)
	}
	return usual
}
