package cacheops

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// LogHooks returns hooks that log every read and every invalidation at
// slog.LevelDebug. While that level is off they cost next to nothing. Nil stands
// for slog.Default().
//
// Arguments of a query are never logged, and of an error only its type: its text
// may quote one. The text of a query is, with the values that it holds.
//
// Differences that shadow mode finds are logged without these hooks too, by
// Config.Logger at slog.LevelError.
func LogHooks(logger *slog.Logger) Hooks {
	if logger == nil {
		logger = slog.Default()
	}
	return Hooks{
		OnRead: func(ctx context.Context, e ReadEvent) {
			if logger.Enabled(ctx, slog.LevelDebug) {
				logger.LogAttrs(ctx, slog.LevelDebug, "cacheops: read", e.attributes()...)
			}
		},
		OnInvalidate: func(ctx context.Context, e InvalidateEvent) {
			if logger.Enabled(ctx, slog.LevelDebug) {
				logger.LogAttrs(ctx, slog.LevelDebug, "cacheops: invalidation",
					slog.String("database", e.Database), slog.String("query", e.Query), slog.Any("tables", e.Tables), slog.Bool("all", e.All))
			}
		},
	}
}

// attributes are what is logged of a read.
func (e *ReadEvent) attributes() []slog.Attr {
	list := []slog.Attr{slog.String("database", e.Database), slog.String("query", e.Query)}
	if e.Op != 0 {
		list = append(list, slog.String("op", e.Op.String()))
	}
	list = append(list, slog.Bool("hit", e.Hit))
	if e.Shared {
		list = append(list, slog.Bool("shared", true))
	}
	if e.Shadow {
		list = append(list, slog.Bool("shadow", true))
	}
	if e.Reason != "" {
		list = append(list, slog.String("reason", e.Reason))
	}
	list = append(list, slog.Duration("latency", e.Latency))
	if e.Err != nil {
		list = append(list, slog.String("error_type", fmt.Sprintf("%T", e.Err)))
	}
	return list
}

// JoinHooks returns hooks that call those of each, in order. One that panics
// keeps those after it from being told of that event.
func JoinHooks(hooks ...Hooks) Hooks {
	var reads []func(context.Context, ReadEvent)
	var invalidations []func(context.Context, InvalidateEvent)
	var differences []func(context.Context, DifferenceEvent)
	for _, h := range hooks {
		reads = append(reads, h.OnRead)
		invalidations = append(invalidations, h.OnInvalidate)
		differences = append(differences, h.OnDifference)
	}
	return Hooks{OnRead: join(reads), OnInvalidate: join(invalidations), OnDifference: join(differences)}
}

// join makes one hook of several; nil where all are nil.
func join[E any](list []func(context.Context, E)) func(context.Context, E) {
	list = slices.DeleteFunc(list, func(hook func(context.Context, E)) bool { return hook == nil })
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return func(ctx context.Context, event E) {
		for _, hook := range list {
			hook(ctx, event)
		}
	}
}
