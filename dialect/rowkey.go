package dialect

// RowByKeyer may be implemented by a dialect that can look a row up by the text of
// its primary key, as a shell gives it. Its method may be called from many
// goroutines.
type RowByKeyer interface {
	// RowByKey writes the query for these columns of the row of a table with one
	// column as its primary key. The values are those of an image: see [SideImage].
	// It has one parameter, the key, which the database compares as it does an
	// argument that is a text. Empty where there is no such query.
	RowByKey(t *Table, columns []int) string
}
