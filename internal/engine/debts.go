package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// maxOwedTables bounds the tables that are remembered of one domain. More of them
// are everything.
const maxOwedTables = 1000

// How long the goroutine that pays waits before it tries.
const (
	firstPayment = 100 * time.Millisecond
	lastPayment  = 2 * time.Second
)

// debts are the writes that committed and that the store has not been told of. As
// long as there are any, this process does not read the cache: what is in it may
// be from before them. They are told as new epochs of their tables, which ends
// everything that was leased before: also what a reader asked the database for
// before the write committed, and stores only now.
//
// A debt is entered after the commit and before the write returns to the program,
// so a read that begins after the write finds it, or finds it paid. Only what is
// paid is taken out, and owed is false only when nothing is left: so a read that
// finds it false comes after the last bump.
type debts struct {
	owed atomic.Bool // there are some; every read looks at it

	paying sync.Mutex // held by who pays. It is taken before mu

	mu      sync.Mutex // guards what follows, and changes of owed
	list    map[creditor]*debt
	running bool // the goroutine that pays
}

// creditor is a domain, and what the bump does with its fences: it leaves some
// where a commit's outcome is unknown, for the database may still get to it.
type creditor struct {
	domain string
	keep   store.Keep
}

// debt is what is owed to one creditor.
type debt struct {
	database string
	schema   bool // the schema's version first
	all      bool
	tables   map[string]owedTable // by what the store calls them
	query    string               // the last one
	// versions are those of the schemas that the tables were told by, where the
	// store's is compared with them.
	versions []store.Schema
}

type owedTable struct {
	table *dialect.Table
	query string
}

// of returns the debt to a creditor.
func (d *debts) of(who creditor, database string) *debt {
	x := d.list[who]
	if x == nil {
		x = &debt{database: database}
		if d.list == nil {
			d.list = make(map[creditor]*debt)
		}
		d.list[who] = x
	}
	return x
}

// add enters what one more write changed.
func (x *debt) add(other *debt) {
	x.schema, x.all, x.query = x.schema || other.schema, x.all || other.all, other.query
	for _, v := range other.versions {
		if !slices.Contains(x.versions, v) {
			x.versions = append(x.versions, v)
		}
	}
	for name, t := range other.tables {
		if x.tables == nil {
			x.tables = make(map[string]owedTable)
		}
		x.tables[name] = t
	}
	if x.all = x.all || len(x.tables) > maxOwedTables; x.all {
		x.tables = nil
	}
}

// debt is what a batch owes in one domain; nil for nothing.
func (b *batch) debt(domain string) *debt {
	tables, all := b.byTable(domain)
	if !all && len(tables) == 0 {
		return nil
	}
	x := &debt{database: b.handle.database, all: all, schema: domain == b.handle.domain && b.schemaChanged()}
	if domain == b.handle.domain {
		x.versions = b.versions
	}
	x.query = shortened(b.log[len(b.log)-1].query)
	x.tables = make(map[string]owedTable, len(tables))
	for _, tc := range tables {
		x.tables[tc.name] = owedTable{table: tc.table, query: shortened(tc.changes[len(tc.changes)-1].query)}
	}
	return x
}

// owe remembers the changes of a batch.
func (e *Engine) owe(ctx context.Context, b *batch, keep store.Keep) {
	e.counters.toldLate.Add(1)
	owed := make(map[creditor]*debt, len(b.handle.domains))
	for _, domain := range b.handle.domains {
		if x := b.debt(domain); x != nil {
			owed[creditor{domain: domain, keep: keep}] = x
		}
	}
	e.enter(ctx, owed)
}

// oweAll remembers that everything of a database changed.
func (e *Engine) oweAll(ctx context.Context, database string) {
	e.counters.toldLate.Add(1)
	owed := map[creditor]*debt{{domain: e.domain(database)}: {database: database, all: true}}
	if e.cfg.Agnostic {
		owed[creditor{domain: e.shared()}] = &debt{database: database, all: true}
	}
	e.enter(ctx, owed)
}

// enter adds debts, and sees that they are paid.
func (e *Engine) enter(ctx context.Context, owed map[creditor]*debt) {
	d := &e.debts
	d.mu.Lock()
	for who, x := range owed {
		d.of(who, x.database).add(x)
	}
	first := !d.owed.Swap(true)
	if !d.running {
		d.running = e.background.run(e.payDebts)
	}
	d.mu.Unlock()
	if first {
		e.cfg.Logger.ErrorContext(ctx, "cacheops: the store was not told of a committed write; this process reads past the cache until it is, other processes may be served what is older than the write")
	}
}

// payDebts is the goroutine that pays, also where nobody reads. It ends when
// nothing is owed, and with the engine.
func (e *Engine) payDebts() {
	d := &e.debts
	for delay := firstPayment; ; delay = min(2*delay, lastPayment) {
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-e.background.closing.Done():
			timer.Stop()
			return
		}
		e.pay(e.background.closing)
		d.mu.Lock()
		d.running = d.owed.Load()
		done := !d.running
		d.mu.Unlock()
		if done {
			return
		}
	}
}

// pay tells the store what is owed, and reports whether nothing is any more. One
// at a time pays. The others do not wait for that, nor does anybody wait again
// after the first failure.
func (e *Engine) pay(ctx context.Context) (paid bool) {
	d := &e.debts
	if !d.paying.TryLock() {
		return false
	}
	return e.payHeld(ctx)
}

// paymentWait is how long a reader waits for a payment that it began. A store that
// hangs is waited for longer by those who write, and a payment is a write.
const paymentWait = 100 * time.Millisecond

// payFor pays for a reader, who has the database to go to and does not wait long.
// The payment goes on then.
func (e *Engine) payFor(ctx context.Context) (paid bool) {
	d := &e.debts
	if !d.paying.TryLock() {
		return false
	}
	done := make(chan bool, 1)
	if !e.background.run(func() { done <- e.payHeld(e.background.closing) }) {
		d.paying.Unlock()
		return false
	}
	timer := time.NewTimer(paymentWait)
	defer timer.Stop()
	select {
	case paid = <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return paid
}

// payHeld is pay by who holds d.paying, which it ends.
func (e *Engine) payHeld(ctx context.Context) (paid bool) {
	d := &e.debts
	defer d.paying.Unlock()
	d.mu.Lock()
	due := d.list
	d.list = nil
	had := d.owed.Load()
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		for who, x := range due { // not paid, or not known to be
			d.of(who, x.database).add(x)
		}
		paid = len(d.list) == 0
		d.owed.Store(!paid)
		d.mu.Unlock()
		if had && paid {
			e.cfg.Logger.InfoContext(ctx, "cacheops: the store has been told of all committed writes")
		}
	}()
	for who, x := range due {
		if err := e.payOne(ctx, who, x); err != nil {
			break
		}
		delete(due, who)
	}
	return
}

// payOne pays one debt.
func (e *Engine) payOne(ctx context.Context, who creditor, x *debt) error {
	if x.schema {
		if err := e.schemaChanged(ctx, x.database); err != nil {
			return err
		}
		x.schema = false
	}
	ch := &store.Change{Database: who.domain, Token: newToken(), TTL: e.cfg.FenceTTL, All: x.all}
	t := &told{database: x.database, cause: CauseOutage, query: x.query, all: x.all}
	for name, owed := range x.tables {
		ch.Tables = append(ch.Tables, store.TableChange{Table: name, Epoch: true})
		t.tables = append(t.tables, toldTable{dropped: true, tableChanges: &tableChanges{
			table: owed.table, name: name, changes: []*change{{table: owed.table, epoch: true, query: owed.query}},
		}})
	}
	ack, err := e.cfg.Store.Bump(ctx, ch, who.keep)
	outrun := slices.ContainsFunc(x.versions, func(v store.Schema) bool { return v != ack.Schema })
	if err == nil && !ch.All && (outrun || len(ack.Stale) > 0) {
		// The schema was changed meanwhile, and what the writes reached is not known.
		// Keys were not worked out, so that none should be stale.
		t.all, t.tables = true, nil
		ch.All, ch.Tables = true, nil
		_, err = e.cfg.Store.Bump(ctx, ch, who.keep)
	}
	if e.noted(ctx, callBump, err) != nil {
		return err
	}
	if who.domain != e.shared() { // what is shared is told once
		e.counters.invalidations.Add(1)
		e.tell(ctx, t)
	}
	return nil
}

// settle tries to pay what is left when the engine closes, and says so where it
// cannot.
func (e *Engine) settle() {
	if !e.debts.owed.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastPayment)
	defer cancel()
	if !e.pay(ctx) {
		e.cfg.Logger.ErrorContext(ctx, "cacheops: closed before the store was told of all committed writes; other processes may be served what is older than them until its TTL, or until Invalidate with All")
	}
}

// The waits between two tries to tell the store of a commit.
const (
	firstRetry = 10 * time.Millisecond
	lastRetry  = 500 * time.Millisecond
)

// insist calls try until the store is available, or until a time is over. The
// zero time asks for one try.
func (e *Engine) insist(until time.Time, try func() error) error {
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		err := try()
		if err == nil || !errors.Is(err, store.ErrUnavailable) || time.Now().Add(delay).After(until) {
			return err
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-e.background.closing.Done():
			timer.Stop()
			return err
		}
	}
}
