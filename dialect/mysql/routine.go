package mysql

import "github.com/cacheops/cacheops/dialect"

// body reads what a trigger does, nil for anything.
func (b *catalogBuilder) body(text, mode string) []*dialect.Statement { return nil }

// declared collects what is known of stored functions and procedures.
func (b *catalogBuilder) declared() {}

// events finds the tables that the server writes by itself.
func (b *catalogBuilder) events() {}
