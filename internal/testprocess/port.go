//go:build unix

package testprocess

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

// busOffset lies between the port of a node of a Redis Cluster and that of its bus.
const busOffset = 10000

// firstPort is the lowest port that is handed out.
const firstPort = 10000

// Port is a TCP port, or two for a node of a Redis Cluster, that belongs to a
// server until Release, also while the server is down.
//
// It is below those that the kernel gives to outgoing connections. A client that
// calls a server that is down would else be given the server's own port once in a
// while, and be connected with itself. And it is held by a UDP socket of the same
// number, which such servers have no use for: so no other process that tests takes it.
type Port struct {
	Number  int
	holders []net.PacketConn
}

// Addr is host:port.
func (p *Port) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Number)) }

// Reserve finds a port that nobody listens on, with bus also the one that is
// busOffset above it.
func Reserve(bus bool) (*Port, error) {
	limit := firstEphemeral()
	if bus {
		limit -= busOffset
	}
	var last error
	for range 200 {
		number := firstPort + rand.IntN(limit-firstPort) //nolint:gosec // no secret
		p := &Port{Number: number}
		numbers := []int{number}
		if bus {
			numbers = append(numbers, number+busOffset)
		}
		last = nil
		for _, n := range numbers {
			last = errors.Join(last, p.hold(n))
		}
		if last == nil {
			return p, nil
		}
		p.Release()
	}
	return nil, fmt.Errorf("testprocess: no free port found: %w", last)
}

// hold takes one number.
func (p *Port) hold(number int) error {
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

// Release gives the port up.
func (p *Port) Release() {
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
