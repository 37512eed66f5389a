package cacheops

import (
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/store/memory"
)

func TestProfilePrecedence(t *testing.T) {
	t.Parallel()
	rules, err := Profiles{
		"*":          {Ops: OpCount},
		"b*":         {Ops: OpExists},
		"blog.*":     {Ops: OpFetch, TTL: time.Minute},
		"blog.Posts": {Ops: OpGet, TTL: time.Second},
		"users":      {Ops: OpAll},
		"secrets":    {Mode: Never},
	}.compile(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	of := policy(rules, time.Hour)
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
		got := of(&dialect.Table{Schema: tt.schema, Name: tt.name})
		if got.Ops != analysis.Op(tt.ops) || got.TTL != tt.ttl || got.Never != tt.never {
			t.Errorf("%s.%s: %+v", tt.schema, tt.name, got)
		}
	}
	none, err := Profiles{}.compile(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := policy(none, time.Hour)(&dialect.Table{Name: "x"}); got.Ops != 0 || got.Never {
		t.Errorf("without profiles: %+v", got)
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
		`Profiles["a"].Ops`:             {Profiles: Profiles{"a": {Ops: 128}}},
		`Profiles["a"].Mode`:            {Profiles: Profiles{"a": {Mode: 7}}},
		"DefaultTTL":                    {DefaultTTL: -1},
		"FenceTTL":                      {FenceTTL: time.Millisecond},
		"LockTTL":                       {LockTTL: time.Microsecond},
		"Config.LockTTL is -1":          {LockTTL: -1},
		"MaxEntryBytes":                 {MaxEntryBytes: -1},
		"MaxImages":                     {MaxImages: -1},
		"MaxTerms":                      {MaxTerms: -1},
		"MaxPlans":                      {MaxPlans: -1},
		"Config.MaxBytes is -1":         {MaxBytes: -1},
		"leave one of them out":         {MaxBytes: 1 << 20, Store: st},
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
	profiles := Profiles{"a": {Ops: OpGet}}
	c, err := New(Config{Profiles: profiles})
	if err != nil {
		t.Fatal(err)
	}
	profiles["a"] = Profile{Mode: Never}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}
