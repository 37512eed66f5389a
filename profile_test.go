package cacheops

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store/memory"
)

// of is what a config says of a table.
func of(t *testing.T, cfg Config, schema, name string) engine.Policy {
	t.Helper()
	p, err := newPolicies(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p.of(&dialect.Table{Schema: schema, Name: name})
}

func TestProfilePrecedence(t *testing.T) {
	t.Parallel()
	cfg := Config{Profiles: Profiles{
		"*":          {Ops: OpCount},
		"b*":         {Ops: OpExists},
		"blog.*":     {Ops: OpFetch, TTL: time.Minute},
		"blog.Posts": {Ops: OpGet, TTL: time.Second},
		"users":      {Ops: OpAll},
		"secrets":    {Mode: Never},
	}}
	for _, tt := range []struct {
		schema, name string
		ops          Op
		ttl          time.Duration
		never        bool
	}{
		{"blog", "posts", OpGet, time.Second, false},
		{"BLOG", "POSTS", OpGet, time.Second, false},
		{"blog", "comments", OpFetch, time.Minute, false},
		{"main", "posts", OpCount, time.Hour, false},
		{"main", "books", OpExists, time.Hour, false},
		{"main", "users", OpAll, time.Hour, false},
		{"blog", "users", OpAll, time.Hour, false},
		{"main", "secrets", 0, time.Hour, true},
	} {
		got := of(t, cfg, tt.schema, tt.name)
		if got.Ops != analysis.Op(tt.ops) || got.TTL != tt.ttl || got.Never != tt.never {
			t.Errorf("%s.%s: %+v", tt.schema, tt.name, got)
		}
	}
	if got := of(t, Config{}, "main", "x"); got != (engine.Policy{TTL: time.Hour}) {
		t.Errorf("without profiles: %+v", got)
	}
}

// TestProfilesInherit changes one field of the defaults at a time, and sees that
// profiles take it where they have none of their own.
func TestProfilesInherit(t *testing.T) {
	t.Parallel()
	own := Profile{Ops: OpCount, TTL: time.Second, Mode: Auto, Local: Shared, MaxTerms: -1}
	plain := engine.Policy{TTL: time.Hour}
	for name, tt := range map[string]struct {
		defaults      Profile
		empty, others engine.Policy // of a profile without fields, of unnamed tables
	}{
		"nothing": {Profile{}, plain, plain},
		// Tables that no pattern names are never cached unasked.
		"Ops":       {Profile{Ops: OpGet}, engine.Policy{Ops: analysis.OpGet, TTL: time.Hour}, plain},
		"TTL":       {Profile{TTL: time.Minute}, engine.Policy{TTL: time.Minute}, engine.Policy{TTL: time.Minute}},
		"Never":     {Profile{Mode: Never}, engine.Policy{TTL: time.Hour, Never: true}, engine.Policy{TTL: time.Hour, Never: true}},
		"Untracked": {Profile{Mode: Untracked}, engine.Policy{TTL: time.Hour, Untracked: true}, engine.Policy{TTL: time.Hour, Untracked: true}},
		"Lock":      {Profile{Lock: true}, engine.Policy{TTL: time.Hour, Lock: true}, engine.Policy{TTL: time.Hour, Lock: true}},
		"Agnostic":  {Profile{DBAgnostic: true}, engine.Policy{TTL: time.Hour, Agnostic: true}, engine.Policy{TTL: time.Hour, Agnostic: true}},
		"Local":     {Profile{Local: Forever}, engine.Policy{TTL: time.Hour, Local: true}, engine.Policy{TTL: time.Hour, Local: true}},
		"MaxTerms":  {Profile{MaxTerms: 2}, engine.Policy{TTL: time.Hour, MaxTerms: 2}, engine.Policy{TTL: time.Hour, MaxTerms: 2}},
	} {
		cfg := Config{Defaults: tt.defaults, Profiles: Profiles{"empty": {}, "own": own, "none": {Ops: OpNone}}}
		if got := of(t, cfg, "main", "empty"); got != tt.empty {
			t.Errorf("%s: a profile without fields has %+v", name, got)
		}
		if got := of(t, cfg, "main", "others"); got != tt.others {
			t.Errorf("%s: a table without profile has %+v", name, got)
		}
		set := engine.Policy{Ops: analysis.OpCount, TTL: time.Second, Lock: tt.defaults.Lock, Agnostic: tt.defaults.DBAgnostic} // a bool can only be set
		if got := of(t, cfg, "main", "own"); got != set {
			t.Errorf("%s: a profile with all fields has %+v", name, got)
		}
		if got := of(t, cfg, "main", "none"); got.Ops != 0 {
			t.Errorf("%s: a profile with OpNone has %+v", name, got)
		}
	}
}

// TestCacheOnSaveIsInherited looks at tables that have the column by Config.Defaults,
// and at those that do not take it.
func TestCacheOnSaveIsInherited(t *testing.T) {
	t.Parallel()
	cfg := Config{Defaults: Profile{CacheOnSave: "id"}, Profiles: Profiles{
		"posts": {}, "users": {CacheOnSave: "Email"}, "log*": {},
		"secrets": {Mode: Never}, "raw": {Mode: Untracked}, "countries": {Local: Forever}, "wide": {SkipColumns: []string{"ID"}},
	}}
	for name, want := range map[string]engine.Policy{
		"posts": {Save: "id", SaveHere: true}, "users": {Save: "Email", SaveHere: true}, "logs": {Save: "id"}, "others": {Save: "id"},
		"secrets": {}, "raw": {}, "countries": {}, "wide": {}, "schema_migrations": {},
	} {
		if got := of(t, cfg, "main", name); got.Save != want.Save || got.SaveHere != want.SaveHere {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSkippedColumns(t *testing.T) {
	t.Parallel()
	skips := func(cfg Config, table, column string) bool {
		p, err := newPolicies(&cfg)
		if err != nil {
			t.Fatal(err)
		}
		f := p.skipColumn()
		return f != nil && f(&dialect.Table{Schema: "main", Name: table}, &dialect.Column{Name: column})
	}
	cfg := Config{
		Defaults: Profile{SkipColumns: []string{"seen_at"}},
		Profiles: Profiles{"posts": {SkipColumns: []string{"Body"}}, "users": {}, "tags": {SkipColumns: []string{}}},
	}
	for _, tt := range []struct {
		table, column string
		want          bool
	}{
		{"posts", "body", true},
		{"posts", "BODY", true},
		{"posts", "seen_at", false},
		{"users", "seen_at", true},
		{"users", "body", false},
		{"tags", "seen_at", false},
		{"others", "seen_at", true},
	} {
		if got := skips(cfg, tt.table, tt.column); got != tt.want {
			t.Errorf("%s.%s: skipped: %v", tt.table, tt.column, got)
		}
	}
	if skips(Config{Profiles: Profiles{"posts": {}}}, "posts", "body") {
		t.Error("a column is skipped that nobody named")
	}
}

// TestMigrationTablesAreLeftAlone looks at the tables of migration tools.
func TestMigrationTablesAreLeftAlone(t *testing.T) {
	t.Parallel()
	cfg := Config{Profiles: Profiles{"*": {Ops: OpAll}, "goose_db_version": {Ops: OpGet}}}
	for _, name := range migrationTables {
		if got := of(t, cfg, "main", strings.ToUpper(name)); name != "goose_db_version" && (!got.Migrations || got.Ops != 0) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := of(t, cfg, "main", "goose_db_version"); got.Migrations || got.Ops != analysis.OpGet {
		t.Errorf("with a profile of its own: %+v", got)
	}
}

// TestEveryTableUnaskedIsWarnedOf makes caches with profiles for all tables.
func TestEveryTableUnaskedIsWarnedOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cfg  Config
		want bool
	}{
		{Config{Profiles: Profiles{"*": {Ops: OpGet}}}, true},
		{Config{Profiles: Profiles{"*.*": {Ops: OpAll}}}, true},
		{Config{Profiles: Profiles{"*": {}}, Defaults: Profile{Ops: OpGet}}, true},
		{Config{Profiles: Profiles{"*": {TTL: time.Hour}}}, false},
		{Config{Profiles: Profiles{"*": {Ops: OpAll, Mode: Never}}}, false},
		{Config{Profiles: Profiles{"posts": {Ops: OpAll}, "blog.*": {Ops: OpAll}}}, false},
	} {
		var log strings.Builder
		tt.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c, err := New(tt.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(log.String(), "level=WARN"); got != tt.want {
			t.Errorf("%+v: warned: %v %q", tt.cfg.Profiles, got, log.String())
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	st, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for field, cfg := range map[string]Config{
		"Profiles has an empty pattern": {Profiles: Profiles{"": {}}},
		`Profiles["a["]`:                {Profiles: Profiles{"a[": {}}},
		`Profiles["a"].TTL`:             {Profiles: Profiles{"a": {TTL: -1}}},
		`Profiles["a"].Ops`:             {Profiles: Profiles{"a": {Ops: 64}}},
		`Profiles["a"].Mode`:            {Profiles: Profiles{"a": {Mode: 7}}},
		`Profiles["b"].Ops is OpNone`:   {Profiles: Profiles{"b": {Ops: OpNone | OpGet}}},
		`Profiles["a"].Local`:           {Profiles: Profiles{"a": {Local: 9}}},
		`Profiles["a"].SkipColumns`:     {Profiles: Profiles{"a": {SkipColumns: []string{""}}}},
		`Profiles["a"].CacheOnSave is "id" together with Mode: Never`:     {Profiles: Profiles{"a": {CacheOnSave: "id", Mode: Never}}},
		`Profiles["a"].CacheOnSave is "id" together with Mode: Untracked`: {Profiles: Profiles{"a": {CacheOnSave: "id", Mode: Untracked}}},
		`Profiles["a"].CacheOnSave is "id" together with Local: Forever`:  {Profiles: Profiles{"a": {CacheOnSave: "id", Local: Forever}}},
		`the column in SkipColumns`:                                       {Defaults: Profile{CacheOnSave: "id", SkipColumns: []string{"ID"}}},
		`Profiles has "a" twice`:                                          {Profiles: Profiles{"a": {}, "A": {}}},
		"Config.Defaults.TTL":                                             {Defaults: Profile{TTL: -1}},
		"FenceTTL":                                                        {FenceTTL: time.Millisecond},
		"LockTTL":                                                         {LockTTL: time.Microsecond},
		"Config.LockTTL is -1":                                            {LockTTL: -1},
		"MaxEntryBytes":                                                   {MaxEntryBytes: -1},
		"MaxImages":                                                       {MaxImages: -1},
		"Prefix":                                                          {Prefix: "a|b"},
		"MaxDisjunction":                                                  {MaxDisjunction: -1},
		"MaxLocalBytes":                                                   {MaxLocalBytes: -1},
		"MaxPlans":                                                        {MaxPlans: -1},
		"MaxSchemes":                                                      {MaxSchemes: -1},
		`Config.Writes has "f" twice`:                                     {Writes: map[string][]string{"f": nil, "F": {"posts"}}},
		"Config.MaxBytes is -1":                                           {MaxBytes: -1},
		"leave one of them out":                                           {MaxBytes: 1 << 20, Store: st},
	} {
		c, err := New(cfg)
		if err == nil {
			c.Close()
			t.Errorf("%s: accepted", field)
			continue
		}
		if !strings.Contains(err.Error(), field) {
			t.Errorf("got %q, want it to name %s", err, field)
		}
	}
}

func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	skipped := []string{"body"}
	cfg := Config{Profiles: Profiles{"a": {Ops: OpGet, SkipColumns: skipped}}, Defaults: Profile{SkipColumns: skipped}}
	p, err := newPolicies(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Profiles["a"], skipped[0] = Profile{Mode: Never}, "title"
	for _, table := range []string{"a", "b"} {
		if !p.skipColumn()(&dialect.Table{Name: table}, &dialect.Column{Name: "body"}) {
			t.Errorf("%s: what New was given was changed afterwards, and the cache with it", table)
		}
	}
	if p.of(&dialect.Table{Name: "a"}).Never {
		t.Error("a profile was changed afterwards, and the cache with it")
	}
	tables := []string{"orders"}
	cfg.Writes = map[string][]string{"Create_Order": tables}
	writes, err := cfg.writes()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Writes["other"], tables[0] = nil, "posts"
	if got := fmt.Sprint(writes); got != "map[create_order:[orders]]" {
		t.Errorf("what functions write was changed afterwards, and the cache with it: %s", got)
	}
}

func TestCloseTwice(t *testing.T) {
	t.Parallel()
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

func TestDisabledByConfig(t *testing.T) {
	t.Parallel()
	c, err := New(Config{Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.Disabled() {
		t.Error("it is not disabled")
	}
	if c.SetDisabled(false); c.Disabled() {
		t.Error("it is still disabled")
	}
}
