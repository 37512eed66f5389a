//go:build unix

package redistest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// view is what a node of a Cluster says about all nodes.
type view []member

// member is a line of CLUSTER NODES.
type member struct {
	id     string
	port   int
	flags  []string
	master string // the id of a replica's master
	epoch  int
	slots  [][2]int // first and last of each range
}

// view asks a node what it knows.
func (s *Server) view(ctx context.Context) (view, error) {
	text, err := s.do(ctx, "CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	var v view
	for line := range strings.Lines(text) {
		m, err := parseMember(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("redistest: CLUSTER NODES of %s has the line %q: %w", s.Addr(), line, err)
		}
		v = append(v, m)
	}
	return v, nil
}

// parseMember reads: id host:port@bus flags master sent received epoch link slots...
func parseMember(fields []string) (m member, err error) {
	if len(fields) < 8 {
		return m, fmt.Errorf("it has %d fields", len(fields))
	}
	m.id, m.flags, m.master = fields[0], strings.Split(fields[2], ","), fields[3]
	addr, _, _ := strings.Cut(fields[1], "@")
	_, number, err := net.SplitHostPort(addr)
	if err != nil {
		return m, err
	}
	if m.port, err = strconv.Atoi(number); err != nil {
		return m, err
	}
	if m.epoch, err = strconv.Atoi(fields[6]); err != nil {
		return m, err
	}
	for _, field := range fields[8:] {
		if strings.HasPrefix(field, "[") {
			continue // a slot on its way belongs to whom it did before
		}
		from, to, ok := strings.Cut(field, "-")
		if !ok {
			to = from
		}
		first, err := strconv.Atoi(from)
		if err != nil {
			return m, err
		}
		last, err := strconv.Atoi(to)
		if err != nil {
			return m, err
		}
		m.slots = append(m.slots, [2]int{first, last})
	}
	return m, nil
}

// has reports whether a member has a flag.
func (m member) has(flag string) bool { return slices.Contains(m.flags, flag) }

// owns reports whether a slot is the member's.
func (m member) owns(slot int) bool {
	return slices.ContainsFunc(m.slots, func(r [2]int) bool { return r[0] <= slot && slot <= r[1] })
}

// member returns what the view says of a node, and nothing for one it does not
// know.
func (v view) member(s *Server) member {
	for _, m := range v {
		if m.port == s.port.Number {
			return m
		}
	}
	return member{}
}

// id is the id of a node.
func (v view) id(s *Server) string { return v.member(s).id }

// summary says what some nodes are in a view, the same for views that agree, and
// how many slots they have.
func (v view) summary(nodes []*Server) (text string, slots int) {
	var b strings.Builder
	for _, s := range nodes {
		m := v.member(s)
		fmt.Fprintf(&b, "%d: replica %t of %s, failed %t, slots %v\n",
			s.port.Number, m.has("slave"), m.master, m.has("fail") || m.has("fail?"), m.slots)
		for _, r := range m.slots {
			slots += r[1] - r[0] + 1
		}
	}
	return b.String(), slots
}
