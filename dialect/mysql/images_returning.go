package mysql

import (
	"github.com/cacheops/cacheops/dialect"
)

// deleteReturning adds the images to what a DELETE of MariaDB returns.
func (w *imageWriter) deleteReturning(del *dialect.Delete) string {
	w.write()
	w.out.WriteIsBefore = true
	if !w.named {
		return ""
	}
	// Foreign keys are followed from the rows that are about to go.
	if why := w.rows(&del.Condition, del.Where, del.TargetEnd, del.With); why != "" && why != imageWhyPlain && why != imageWhyOrder {
		return why // the statement is not restricted to what is found
	}
	w.out.Own = nil
	return ""
}

// insertReturning adds the images to what an INSERT of MariaDB returns: the rows as they
// are, new ones and others.
func (w *imageWriter) insertReturning(in *dialect.Insert) string {
	if in.Upsert || in.Conflict {
		return "it does not tell which of its rows are new"
	}
	w.write()
	return ""
}

// write sets the statement that returns the images. Its list is the last thing in the
// text. Aliases are not known there.
func (w *imageWriter) write() {
	w.out.Write = w.st.Text[w.st.Pos:w.st.End] + ", " + w.list("")
}
