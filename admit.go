package cacheops

import "github.com/cacheops/cacheops/internal/engine"

// ReadInfo tells Config.Admit of a read. Its fields may grow.
type ReadInfo struct {
	// Database is the name that the handle was given.
	Database string
	// Query is the statement's text.
	Query string
	// Args are the arguments as the driver gets them. They must not be changed.
	Args []any
	// Op is the kind of read.
	Op Op
	// Tables are the tables that rows come from.
	Tables []string
	// Terms counts the columns that the conditions compare at once, of the table
	// of which they are the most.
	Terms int
	// Asked is true when the call asked for this kind of read itself, with
	// With(ctx, Ops(...)).
	Asked bool
}

// admit adapts the function to the machinery.
func admit(f func(ReadInfo) bool) func(*engine.ReadInfo) bool {
	if f == nil {
		return nil
	}
	return func(r *engine.ReadInfo) bool {
		args := make([]any, len(r.Args))
		for i := range r.Args {
			args[i] = r.Args[i].Value
		}
		return f(ReadInfo{
			Database: r.Database, Query: r.Query, Args: args, Op: Op(r.Op), Tables: r.Tables, Terms: r.Terms, Asked: r.Asked,
		})
	}
}
