//go:build unix

package redistest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// Migration is a slot of a Cluster on its way to another master. Until it is
// finished, the slot belongs to the old master, which sends clients on to the new one
// (ASK) for keys that it no longer has.
type Migration struct {
	// Slot is what moves.
	Slot int
	// From has the slot, To gets it.
	From, To *Server

	cluster *Cluster
}

// BeginMigration says to both masters that a slot begins to move. It moves
// nothing yet.
func (c *Cluster) BeginMigration(slot int, to *Server) (*Migration, error) {
	m, err := c.beginMigration(context.Background(), slot, to)
	return m, c.owner.Check(err)
}

func (c *Cluster) beginMigration(ctx context.Context, slot int, to *Server) (*Migration, error) {
	from, err := c.masterOf(ctx, slot)
	if err != nil {
		return nil, err
	}
	m := &Migration{Slot: slot, From: from, To: to, cluster: c}
	v, err := from.view(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := to.do(ctx, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "IMPORTING", v.id(from)); err != nil {
		return nil, err
	}
	if _, err := from.do(ctx, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "MIGRATING", v.id(to)); err != nil {
		return nil, err
	}
	return m, nil
}

// Move moves up to n keys of the slot, and returns how many those were. 0 means
// that none is left.
func (m *Migration) Move(n int) (int, error) {
	moved, err := m.move(context.Background(), n)
	return moved, m.cluster.owner.Check(err)
}

func (m *Migration) move(ctx context.Context, n int) (int, error) {
	answer, err := m.From.call(ctx, "CLUSTER", "GETKEYSINSLOT", strconv.Itoa(m.Slot), strconv.Itoa(n))
	if err != nil {
		return 0, err
	}
	keys := flatten(answer)
	if len(keys) == 0 {
		return 0, nil
	}
	args := []string{"MIGRATE", "127.0.0.1", strconv.Itoa(m.To.port.Number), "", "0", strconv.Itoa(int(testprocess.CallTimeout / time.Millisecond))}
	if m.From.config.Password != "" {
		args = append(args, "AUTH", m.From.config.Password)
	}
	_, err = m.From.do(ctx, append(append(args, "KEYS"), keys...)...)
	return len(keys), err
}

// Finish gives the slot to the new master, once it has all keys, and waits until
// all nodes that answer know.
func (m *Migration) Finish() error {
	return m.cluster.owner.Check(m.finish(context.Background()))
}

func (m *Migration) finish(ctx context.Context) error {
	slot := strconv.Itoa(m.Slot)
	left, err := m.From.do(ctx, "CLUSTER", "COUNTKEYSINSLOT", slot)
	if err != nil {
		return err
	}
	if left != "0" {
		return fmt.Errorf("redistest: %s keys of slot %s are still on %s: move them first", left, slot, m.From.Addr())
	}
	v, err := m.To.view(ctx)
	if err != nil {
		return err
	}
	id := v.id(m.To)
	tell := []*Server{m.To, m.From} // in this order the slot is never nobody's
	for _, s := range m.cluster.answering() {
		if s != m.To && s != m.From && v.member(s).has("master") {
			tell = append(tell, s)
		}
	}
	for _, s := range tell {
		if _, err := s.do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id); err != nil {
			return err
		}
	}
	return testprocess.Await("all nodes to know whose slot "+slot+" is", func(ctx context.Context) error {
		for _, s := range m.cluster.answering() {
			v, err := s.view(ctx)
			if err != nil {
				return err
			}
			if !v.member(m.To).owns(m.Slot) {
				return fmt.Errorf("%s does not", s.Addr())
			}
		}
		return nil
	})
}

// MigrateSlot moves a slot with all its keys to another master.
func (c *Cluster) MigrateSlot(slot int, to *Server) error {
	m, err := c.BeginMigration(slot, to)
	for moved := 1; err == nil && moved > 0; {
		moved, err = m.Move(100)
	}
	if err != nil {
		return err
	}
	return m.Finish()
}
