package main

// speedBreakages breaks what makes the paths short.
var speedBreakages = []breakage{
	{
		Name:  "keys of a log that was changed since are used for its bump",
		File:  "internal/engine/changes.go",
		Old:   "\tc.log = append(c.log, ch)\n\tc.known = nil\n",
		New:   "\tc.log = append(c.log, ch)\n",
		Check: []string{"go", "test", "-run", "TestKnownKeys", "./internal/engine"}, Want: "--- FAIL: TestKnownKeys",
	},
	{
		Name:  "keys of a log that was rolled back since are used for its bump",
		File:  "internal/engine/changes.go",
		Old:   "\tc.log = c.log[:c.marks[i].size]\n\tc.known = nil\n",
		New:   "\tc.log = c.log[:c.marks[i].size]\n",
		Check: []string{"go", "test", "-run", "TestKnownKeys", "./internal/engine"}, Want: "--- FAIL: TestKnownKeys",
	},
	{
		Name:  "keys of another registry are used for a bump",
		File:  "internal/engine/batch.go",
		Old:   "c.change.Table == t.name && c.change.Registry == t.registry.Version",
		New:   "c.change.Table == t.name",
		Check: []string{"go", "test", "-run", "TestKnownKeys", "./internal/engine"}, Want: "--- FAIL: TestKnownKeys",
	},
	{
		Name:  "an evaluator is used for another registry",
		File:  "internal/engine/evaluators.go",
		Old:   "n > 0 && slices.Equal(kept.schemes, r.Schemes)",
		New:   "n > 0",
		Check: []string{"go", "test", "-run", "TestKnownKeys", "./internal/engine"}, Want: "--- FAIL: TestKnownKeys",
	},
	{
		Name:  "a write to what nobody caches does not ask for the schema",
		File:  "internal/engine/handle.go",
		Old:   "p.state == h.schema.Load() && c.stored == p.state.version {",
		New:   "p.state == h.schema.Load() {",
		Check: onSQLite("TestWriteIsPlannedAnewAfterAnotherProcessChangedTheSchema"), Want: "STALE",
	},
	{
		Name:  "what the bump says of the schema is not heard",
		File:  "internal/engine/commit.go",
		Old:   "return stored != c.unlocked.version",
		New:   "return false",
		Check: onSQLite("TestWriteNoticesThatAnotherProcessChangedTheSchemaUnderIt"), Want: "STALE",
	},
	{
		Name:  "who waits for a connection is forgotten",
		File:  "sqlcache/parking.go",
		Old:   "c.parking.waiting.Add(1)",
		New:   "c.parking.waiting.Add(0)",
		Check: []string{"go", "test", "-run", "TestWaiterComesFirst", "./sqlcache"}, Want: "--- FAIL: TestWaiterComesFirst",
	},
	{
		Name:  "an idle connection is used without a look at it",
		File:  "sqlcache/parking.go",
		Old:   "if err := l.real.ResetSession(ctx); !errors.Is(err, driver.ErrBadConn) {",
		New:   "if err := error(nil); !errors.Is(err, driver.ErrBadConn) {",
		Check: []string{"go", "test", "-run", "TestIdleConnectionsAreLookedAfter", "./sqlcache"}, Want: "--- FAIL: TestIdleConnectionsAreLookedAfter",
	},
	{
		Name:  "a write planned before another read loaded the schema runs by its old plan",
		File:  "internal/engine/handle.go",
		Old:   "\tchanged, err := h.CheckSchema(ctx, db, nil)\n\treturn changed || p.state != h.schema.Load(), err\n",
		New:   "\treturn h.CheckSchema(ctx, db, nil)\n",
		Check: onSQLite("TestWriteIsPlannedAnewAfterAReadSawTheChange"), Want: "STALE",
	},
}
