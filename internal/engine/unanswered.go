package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// maxUnanswered bounds how long the database is asked whether a transaction is over,
// in lives of a fence. After that the fences end by their deadline.
const maxUnanswered = 20

// The first and the longest pause between two questions.
const (
	firstQuestion = 20 * time.Millisecond
	lastQuestion  = time.Second
)

// unanswered holds the changes of a handle that the database may still carry out: the
// answer to their COMMIT did not come. Their fences are held until the database is
// done with them, so that nobody keeps what a read saw before that.
//
// As long as all goes well this asks the database nothing. When an answer is missed,
// a new connection names the transactions that may still be under way: all that had
// written by then. So a fence is held too long where one of the others runs for long,
// and that costs hits. The server process would name the transaction more closely, but
// a pooler between may hand each transaction to another process. A database that cannot
// name its transactions is asked whether the connection is gone.
type unanswered struct {
	mu      sync.Mutex // guards what follows
	list    []*question
	running bool // the goroutine that asks
}

// question is one transaction's changes, of which it is asked whether the database is
// done with them. Once it is in the list only the goroutine that asks uses it.
type question struct {
	batch *batch
	// process is a connection that has to be gone first, "" for none.
	process string
	// names are the transactions that have to be over; "" before they are known.
	names string

	since   time.Time // when the answer was missed
	renewed time.Time // when its fences were last set
}

// Outcome says whom to ask about changes, see [Changes.Unanswered]. The zero value
// stands for all transactions that are under way when it is asked first.
type Outcome struct {
	// Process is the connection's [dialect.Session.Identity]. It has to be gone
	// first. Empty where the transaction is known to have written before the answer
	// was missed, and the database can name its transactions.
	Process string
	// Names is the transaction, by [dialect.Transactions.Identity]. Empty where it
	// was not asked.
	Names string
}

// Unanswered is Bump of changes that the database may still carry out. Their fences
// stay, and are renewed, until it says that it is done with them; then they are
// bumped again. That is the work of a goroutine of the engine, and ends with it, or
// after maxUnanswered lives of a fence.
func (c *Changes) Unanswered(ctx context.Context, o Outcome) {
	c.Bump(ctx, store.KeepFence)
	h := c.handle
	if c.Empty() || h.apart == nil || !h.answers(o) {
		return
	}
	b := c.batch()
	b.log, b.known = slices.Clone(b.log), nil
	q := &question{batch: b, process: o.Process, names: o.Names, since: time.Now(), renewed: c.fencedAt}
	// The COMMIT may have taken most of what the fence had left, or more.
	bounded, cancel := c.bounded(ctx)
	h.renew(bounded, q)
	cancel()
	u := &h.unanswered
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = append(u.list, q)
	if !u.running {
		u.running = h.engine.background.run(h.askUnanswered)
	}
}

// answers reports whether the database can be asked about an outcome.
func (h *Handle) answers(o Outcome) bool {
	txs := h.dialect.Transactions()
	return txs.Unfinished != "" || txs.AsksProcess && o.Process != ""
}

// askUnanswered is the goroutine that asks. It ends when there is nothing left to
// ask, and with the engine.
func (h *Handle) askUnanswered() {
	u := &h.unanswered
	closing := h.engine.background.closing
	most := min(lastQuestion, h.engine.cfg.FenceTTL/8)
	for delay := min(firstQuestion, most); ; delay = min(2*delay, most) {
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-closing.Done():
			timer.Stop()
			return
		}
		u.mu.Lock()
		due := slices.Clone(u.list)
		u.mu.Unlock()
		for _, q := range due { // first, for the answers may take their time
			h.renew(closing, q)
		}
		over := h.askAll(closing, due)
		for _, q := range due {
			switch {
			case over[q]:
				h.ended(closing, q)
			case time.Since(q.since) > maxUnanswered*h.engine.cfg.FenceTTL:
				h.engine.cfg.Logger.WarnContext(closing, "cacheops: the outcome of a COMMIT could not be found out; what it changes may be served as it was before, if the database carries it out after this",
					"database", h.database, "waited", time.Since(q.since))
			default:
				continue
			}
			u.mu.Lock()
			u.list = slices.DeleteFunc(u.list, func(x *question) bool { return x == q })
			u.mu.Unlock()
		}
		u.mu.Lock()
		u.running = len(u.list) > 0
		done := !u.running
		u.mu.Unlock()
		if done {
			return
		}
	}
}

// askAll asks over one new connection which of the changes the database is done
// with. An error leaves the rest for the next time.
func (h *Handle) askAll(ctx context.Context, due []*question) map[*question]bool {
	over := make(map[*question]bool, len(due))
	ctx, cancel := context.WithTimeout(ctx, h.engine.cfg.FenceTTL/4)
	defer cancel()
	err := h.apart(ctx, func(db dialect.Queryer) error {
		for _, q := range due {
			done, err := h.ask(ctx, db, q)
			if err != nil {
				return err
			}
			over[q] = done
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		h.engine.cfg.Logger.DebugContext(ctx, "cacheops: ask for the outcome of a COMMIT", "database", h.database, "error", err)
	}
	return over
}

// ask asks whether the database is done with the changes of a question.
func (h *Handle) ask(ctx context.Context, db dialect.Queryer, q *question) (bool, error) {
	if q.process != "" {
		if gone, err := h.dialect.TransactionOver(ctx, db, q.process); err != nil || !gone {
			return false, err
		}
		q.process = ""
		if q.names == "" && h.dialect.Transactions().Unfinished == "" {
			return true, nil // what it did ended with it
		}
	}
	if q.names == "" {
		rows, err := db.Query(ctx, h.dialect.Transactions().Unfinished)
		if err != nil {
			return false, fmt.Errorf("name the transactions under way: %w", err)
		}
		if q.names = oneText(rows); q.names == "" {
			return false, errors.New("the server cannot name the transactions under way")
		}
	}
	return h.dialect.TransactionOver(ctx, db, q.names)
}

// TransactionName asks for the name of the transaction that a connection is in, by
// [dialect.Transactions.Identity]. It is empty where there is none, and where it cannot
// be had.
func (h *Handle) TransactionName(ctx context.Context, db dialect.Queryer) string {
	query := h.dialect.Transactions().Identity
	if query == "" {
		return ""
	}
	rows, err := db.Query(ctx, query)
	if err != nil {
		return "" // the statement that it is asked for meets the same
	}
	return oneText(rows)
}

// oneText reads an answer of one text, which some drivers return as bytes. It is empty
// for NULL and for any other answer.
func oneText(rows [][]driver.Value) string {
	if len(rows) != 1 || len(rows[0]) != 1 {
		return ""
	}
	switch v := rows[0][0].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	default:
		return ""
	}
}

// renew sets the fences of a question again, well before they end.
func (h *Handle) renew(ctx context.Context, q *question) {
	e := h.engine
	if time.Since(q.renewed) < e.cfg.FenceTTL/4 {
		return
	}
	at := time.Now()
	err := q.batch.apply(ctx, func(ch *store.Change) (store.Ack, error) {
		ack, err := e.cfg.Store.Fence(ctx, ch)
		return ack, e.noted(ctx, callFence, err)
	}, nil)
	if err == nil {
		q.renewed = at
	}
}

// ended bumps the changes of a question that the database is done with. Where the
// store cannot be told, it is told later.
func (h *Handle) ended(ctx context.Context, q *question) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.engine.cfg.FenceTTL)
	defer cancel()
	if err := q.batch.bumpUntil(ctx, store.DropFence, q.renewed.Add(h.engine.cfg.FenceTTL)); err != nil {
		h.engine.owe(ctx, q.batch, store.DropFence)
	}
}
