//go:build unix

package crash

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// roleVariable makes the test's program a child.
const roleVariable = "CRASH_ROLE"

// role is what a child does, and where.
type role struct {
	Writes bool
	Place  place
}

// order is what the parent tells a writer to do.
type order struct {
	ID      int64
	Changes []change
	Death   death   // in the middle of it, or a strike; empty for none
	Part    float64 // see points
}

// looking is how long a writer that is to die after its commit waits, before the
// commit, for readers to have read what it changes. The fence must live on.
const looking = fenceTTL / 4

// child is what a process that the test starts does. It ends when its input does.
func child() {
	var r role
	err := json.Unmarshal([]byte(os.Getenv(roleVariable)), &r)
	if err == nil {
		if r.Writes {
			err = obey(r.Place)
		} else {
			err = readOn(r.Place)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// says writes lines to the parent, each in one piece.
type says struct{ mu sync.Mutex }

func (s *says) say(fields ...string) {
	line := strings.Join(fields, "\t") + "\n"
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = os.Stdout.WriteString(line) // it fails when the parent is gone, and so is our input then
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// obey carries out the orders of the parent, and says when each began ("B") and
// when it was acknowledged ("A") or refused ("E").
func obey(at place) error {
	var out says
	looked := make(chan struct{}, 1)
	p := new(points)
	current := int64(0)
	p.fenced = func() {
		out.say("F", text(current))
		limit := time.NewTimer(looking)
		defer limit.Stop()
		select {
		case <-looked:
		case <-limit.C:
		}
	}
	p.ended = func() {
		out.say("K", text(current))
		<-looked
	}
	h, err := at.open(p)
	if err != nil {
		return err
	}
	ctx := context.Background()
	d := at.database()
	if err := h.store.Ping(ctx); err != nil {
		return err
	}
	// All that a first statement waits for is done before the parent gives orders.
	if _, _, err := (query{byCounter, 1}).read(ctx, d, h.db); err != nil {
		return err
	}
	orders := make(chan string)
	go func() {
		defer close(orders)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			if in.Text() == "G" {
				looked <- struct{}{}
				continue
			}
			orders <- in.Text()
		}
	}()
	out.say("S")
	for line := range orders {
		var o order
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			return err
		}
		current = o.ID
		p.die(o.Death, o.Part)
		out.say("B", text(o.ID), text(now()))
		n, err := o.run(ctx, d, h.db)
		at := text(now())
		switch {
		case err != nil:
			out.say("E", text(o.ID), at, strings.ReplaceAll(err.Error(), "\n", " "))
		default:
			out.say("A", text(o.ID), at, text(n))
		}
	}
	return nil
}

// run makes the changes, and returns the version that it wrote.
func (o *order) run(ctx context.Context, d database, db *sql.DB) (version int64, err error) {
	if o.Changes[0].Verb == add {
		return d.add(ctx, db, "counters", " WHERE id = ?", o.Changes[0].ID)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := d.lock(ctx, tx, o.Changes); err != nil {
		return 0, err
	}
	for _, c := range o.Changes {
		if err := c.run(ctx, d, tx, o.ID); err != nil {
			return 0, err
		}
	}
	// From here to the commit there is one writer at a time.
	if version, err = d.add(ctx, tx, "head", ""); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, d.text("INSERT INTO journal (n, op) VALUES (?, ?)"), version, o.ID); err != nil {
		return 0, err
	}
	return version, tx.Commit()
}

// run makes one change. It is what [state.apply] does.
func (c *change) run(ctx context.Context, d database, tx *sql.Tx, value int64) error {
	exec := func(text string, args ...any) (int64, error) {
		result, err := tx.ExecContext(ctx, d.text(text), args...)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	}
	var err error
	switch c.Verb {
	case set:
		_, err = exec("UPDATE items SET v = ? WHERE id = ?", value, c.ID)
	case move:
		_, err = exec("UPDATE items SET grp = ?, v = ? WHERE id = ?", c.Group, value, c.ID)
	case toggle:
		var n int64
		if n, err = exec("DELETE FROM items WHERE id = ?", c.ID); err == nil && n == 0 {
			_, err = exec("INSERT INTO items VALUES (?, ?, ?)", c.ID, c.Group, value)
		}
	case lift:
		_, err = exec("UPDATE items SET v = ? WHERE id <= ?", value, c.ID)
	case mark:
		_, err = exec("UPDATE groups SET v = ? WHERE id = ?", value, c.ID)
	case add:
	}
	return err
}

// readers is how many goroutines of a process read at once.
const readers = 2

// readOn reads at random and says what it read ("R") or that it failed ("X"). The
// parent has it read something at once, which it answers with "L" once it has, and
// makes it pause, which it says with "P" once nobody reads.
func readOn(at place) error {
	h, err := at.open(nil)
	if err != nil {
		return err
	}
	var out says
	ctx := context.Background()
	read := func(q query) {
		start := now()
		result, hit, err := q.read(ctx, at.database(), h.db)
		end := now()
		if err != nil {
			out.say("X", strings.ReplaceAll(err.Error(), "\n", " "))
			return
		}
		out.say("R", strconv.Itoa(q.kind), strconv.Itoa(q.arg), text(start), text(end), strconv.FormatBool(hit), result)
	}
	if err := h.store.Ping(ctx); err != nil {
		return err
	}
	read(queries[0])
	var going sync.RWMutex // held by the parent's order while nobody is to read
	going.Lock()
	for range readers {
		go func() {
			for {
				going.RLock()
				// Each kind as often as the others.
				k := rand.IntN(len(kinds))
				q := query{kind: k}
				if n := kinds[k].args; n > 0 {
					q.arg = 1 + rand.IntN(n)
				}
				read(q)
				going.RUnlock()
			}
		}()
	}
	out.say("S")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		what, rest, _ := strings.Cut(in.Text(), "\t")
		switch what {
		case "go":
			going.Unlock()
		case "pause":
			going.Lock()
			out.say("P")
		case "look":
			of, list, _ := strings.Cut(rest, "\t")
			for one := range strings.FieldsSeq(list) {
				var q query
				if _, err := fmt.Sscanf(one, "%d:%d", &q.kind, &q.arg); err != nil {
					return err
				}
				read(q)
			}
			out.say("L", of)
		}
	}
	return nil
}
