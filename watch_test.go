package cacheops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// LogHooks writes what the events hold, and of an error its type alone.
func TestLogHooks(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, tt := range []struct {
		name string
		tell func(h Hooks)
		want string
	}{
		{
			"a hit", func(h Hooks) {
				h.OnRead(ctx, ReadEvent{Database: "main", Query: "SELECT 1", Op: OpGet, Hit: true, Latency: time.Millisecond})
			},
			`level=DEBUG msg="cacheops: read" database=main query="SELECT 1" op=get hit=true latency=1ms`,
		},
		{
			"a shared read in shadow mode", func(h Hooks) {
				h.OnRead(ctx, ReadEvent{Database: "main", Query: "SELECT 1", Op: OpCount, Shared: true, Shadow: true})
			},
			`level=DEBUG msg="cacheops: read" database=main query="SELECT 1" op=count hit=false shared=true shadow=true latency=0s`,
		},
		{
			"an error", func(h Hooks) {
				h.OnRead(ctx, ReadEvent{Database: "main", Query: "SELECT ?", Reason: "inside a transaction", Err: errors.New("no such thing: secret")})
			},
			`level=DEBUG msg="cacheops: read" database=main query="SELECT ?" hit=false reason="inside a transaction" latency=0s error_type=*errors.errorString`,
		},
		{
			"an invalidation", func(h Hooks) {
				h.OnInvalidate(ctx, InvalidateEvent{Database: "main", Query: "DELETE", All: true})
			},
			`level=DEBUG msg="cacheops: invalidation" database=main query=DELETE tables=[] all=true`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			level := new(slog.LevelVar)
			untimed := func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}
			h := LogHooks(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: untimed})))
			tt.tell(h)
			if out.Len() > 0 {
				t.Errorf("the level is off, and there is %s", out.String())
			}
			level.Set(slog.LevelDebug)
			tt.tell(h)
			if got := strings.TrimSpace(out.String()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if h := LogHooks(nil); h.OnRead == nil || h.OnInvalidate == nil {
		t.Error("there are no hooks for the default logger")
	}
}

// Joined hooks are called in order, and hooks that nobody has are none.
func TestJoinHooks(t *testing.T) {
	t.Parallel()
	var calls []string
	hook := func(name string) Hooks {
		return Hooks{
			OnRead:       func(_ context.Context, e ReadEvent) { calls = append(calls, name+" read "+e.Query) },
			OnDifference: func(_ context.Context, e DifferenceEvent) { calls = append(calls, name+" difference "+e.Query) },
		}
	}
	h := JoinHooks(hook("a"), Hooks{}, hook("b"), Hooks{OnDifference: hook("c").OnDifference})
	h.OnRead(t.Context(), ReadEvent{Query: "1"})
	h.OnDifference(t.Context(), DifferenceEvent{Query: "2"})
	JoinHooks(Hooks{}, hook("d")).OnRead(t.Context(), ReadEvent{Query: "3"})
	if got := strings.Join(calls, ", "); got != "a read 1, b read 1, a difference 2, b difference 2, c difference 2, d read 3" {
		t.Errorf("called: %s", got)
	}
	if h.OnInvalidate != nil {
		t.Error("there is a hook of hooks that nobody has")
	}
}

// The numbers have a JSON form with every field.
func TestStatsAsJSON(t *testing.T) {
	t.Parallel()
	s := Stats{Hits: 3, Misses: 1, Shared: 1, ByOp: OpStats{Get: ReadStats{Hits: 3}}, StoreErrors: StoreErrorStats{Bump: 2}, Shadow: ShadowStats{NotCompared: 4}}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"hits":3`, `"byOp":{"get":{"hits":3,`, `"bump":2`, `"notCompared":4`, `"evictions":0`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	var again Stats
	if err := json.Unmarshal(b, &again); err != nil || again != s {
		t.Errorf("read again: %+v, %v", again, err)
	}
	if rate := s.HitRate(); rate != 0.8 {
		t.Errorf("hit rate %v", rate)
	}
	if rate := new(Stats).HitRate(); rate != 0 {
		t.Errorf("hit rate %v of no reads", rate)
	}
}
